package dev.holdfast.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.PrintWriter;

/** The rules of the house, each with its reason. */
@AnalyzeClasses(
        packages = "dev.holdfast",
        importOptions = {ImportOption.DoNotIncludeTests.class, HouseRulesTest.NoTestJars.class})
class HouseRulesTest {
    /** What other modules' tests lend to these. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    @ArchTest
    static final ArchRule ROCKSDB_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideOutsideOfPackage("dev.holdfast.store.index")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.rocksdb..")
            .because("its native handles leak where they are not closed, so one package owns them all");

    @ArchTest
    static final ArchRule ALIYUN_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideOutsideOfPackage("dev.holdfast.vault.oss")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.aliyun..")
            .allowEmptyShould(true)
            .because("the cloud is an implementation of an interface, and the SDK has traps that one place must know");

    @ArchTest
    static final ArchRule JAVALIN_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideOutsideOfPackage("dev.holdfast.api..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.javalin..")
            .allowEmptyShould(true)
            .because("the engine must not know how it is shown");

    @ArchTest
    static final ArchRule ZSTD_BEHIND_ONE_CLASS = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.holdfast.protocol.chunk", "dev.holdfast.agent.remote", "dev.holdfast.control.audit")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.github.luben..")
            .because("how chunks and audit segments are packed are formats, and formats have one owner");

    @ArchTest
    static final ArchRule NO_THREAD_LOCALS = noClasses()
            .that()
            .resideOutsideOfPackages("dev.holdfast.agent.fs", "dev.holdfast.agent.backup")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ThreadLocal.class)
            .because("a request has a thread of its own, and nothing closes what an ended thread kept: use Spares");

    @ArchTest
    static final ArchRule CONTEXTS_OF_ZSTD_IN_ONE_CLASS = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.holdfast.protocol.chunk.Packed")
            .and()
            .doNotHaveFullyQualifiedName("dev.holdfast.protocol.chunk.Packed$Compressor")
            .and()
            .doNotHaveFullyQualifiedName("dev.holdfast.protocol.chunk.Packed$Decompressor")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(ZstdCompressCtx.class, ZstdDecompressCtx.class)
            .because("their memory is freed only where they are closed");

    @ArchTest
    static final ArchRule AGENT_AND_APPLIANCE_SHARE_THE_PROTOCOL_ONLY = noClasses()
            .that()
            .resideInAPackage("dev.holdfast.agent..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.holdfast.store..",
                    "dev.holdfast.vault..",
                    "dev.holdfast.control..",
                    "dev.holdfast.api..",
                    "dev.holdfast.server..",
                    "dev.holdfast.cli..",
                    "dev.holdfast.hardware..",
                    "dev.holdfast.profile..")
            .because("they are released and upgraded apart");

    @ArchTest
    static final ArchRule APPLIANCE_KNOWS_NO_AGENT = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.holdfast.store..",
                    "dev.holdfast.vault..",
                    "dev.holdfast.control..",
                    "dev.holdfast.api..",
                    "dev.holdfast.server..",
                    "dev.holdfast.cli..",
                    "dev.holdfast.hardware..",
                    "dev.holdfast.profile..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.holdfast.agent..")
            .because("they are released and upgraded apart");

    @ArchTest
    static final ArchRule COMMANDS_PRINT_RENDERED_TEXT = noClasses()
            .that()
            .resideInAnyPackage("dev.holdfast.agent.cli", "dev.holdfast.cli")
            .and()
            .doNotHaveSimpleName("Output")
            .and()
            .doNotHaveSimpleName("ProgressLine")
            .should()
            .callMethod(PrintWriter.class, "write", String.class)
            .orShould()
            .callMethod(Throwable.class, "printStackTrace", PrintWriter.class)
            .orShould()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .because(
                    "text from other machines must not command a terminal, and only what RenderedWriter prints cannot");

    @ArchTest
    static final ArchRule PROTOCOL_STANDS_ALONE = classes()
            .that()
            .resideInAPackage("dev.holdfast.protocol..")
            .and()
            // Configuration files, phrases and the monitors of machines are read with Jackson, which both sides have.
            .resideOutsideOfPackages(
                    "dev.holdfast.protocol.config", "dev.holdfast.protocol.phrase", "dev.holdfast.protocol.qmp")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "dev.holdfast.protocol..",
                    "java..",
                    "javax.crypto..",
                    "javax.net.ssl..",
                    "javax.security.auth.x500..",
                    "com.github.luben..",
                    "picocli..",
                    "org.jspecify..")
            .because("what both sides share must not drag anything along");

    @ArchTest
    static final ArchRule PROTOCOL_HAS_OPTIONS_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideInAPackage("dev.holdfast.protocol..")
            .and()
            .resideOutsideOfPackage("dev.holdfast.protocol.cli")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli..")
            .because("what is not a command line must not know of one");

    @ArchTest
    static final ArchRule STORE_KNOWS_NO_SERVER = noClasses()
            .that()
            .resideInAPackage("dev.holdfast.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.holdfast.vault..", "dev.holdfast.control..", "dev.holdfast.server..")
            .because("the engine is tested and reasoned about without a network");

    @ArchTest
    static final ArchRule HARDWARE_STANDS_ALONE = noClasses()
            .that()
            .resideInAPackage("dev.holdfast.hardware..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.holdfast.store..",
                    "dev.holdfast.vault..",
                    "dev.holdfast.control..",
                    "dev.holdfast.api..",
                    "dev.holdfast.server..",
                    "dev.holdfast.cli..")
            .because("the collector runs as root, and what runs as root must be small");

    @ArchTest
    static final ArchRule ROUTES_AND_COMMANDS_CALL_USE_CASES = noClasses()
            .that()
            .resideInAnyPackage("dev.holdfast.api..", "dev.holdfast.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.holdfast.control.db..", "dev.holdfast.store..", "dev.holdfast.vault..")
            .because("routes and commands only parse, call a use case and show: rules stand once, behind both");

    @ArchTest
    static final ArchRule USE_CASES_KNOW_NEITHER_ROUTES_NOR_COMMANDS = noClasses()
            .that()
            .resideInAnyPackage("dev.holdfast.control..", "dev.holdfast.server.local..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.holdfast.api..", "dev.holdfast.cli..")
            .because("who asks must not matter to the rules");

    @ArchTest
    static final ArchRule FILES_OF_THE_AGENT_GO_THROUGH_FS = noClasses()
            .that()
            .resideInAnyPackage("dev.holdfast.agent.scan", "dev.holdfast.agent.backup", "dev.holdfast.agent.compare")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.io.File")
            .because("file names are bytes, and java.io.File loses those that are no text");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_PROTOCOL = noCycles("dev.holdfast.protocol");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_AGENT = noCycles("dev.holdfast.agent");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_STORE = noCycles("dev.holdfast.store");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_VAULT = noCycles("dev.holdfast.vault");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_HARDWARE = noCycles("dev.holdfast.hardware");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_CONTROL = noCycles("dev.holdfast.control");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_API = noCycles("dev.holdfast.api");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_SERVER = noCycles("dev.holdfast.server");

    @ArchTest
    static final ArchRule NO_CYCLES_IN_THE_COMMANDS = noCycles("dev.holdfast.cli");

    /** Between the packages of a module; the classes of its root package count as one of them. */
    private static ArchRule noCycles(String root) {
        return slices().assignedFrom(new PackagesOf(root))
                .should()
                .beFreeOfCycles()
                .because("a newcomer reads one way");
    }

    private record PackagesOf(String root) implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass each) {
            String name = each.getPackageName();
            if (name.equals(root)) {
                return SliceIdentifier.of("the root package");
            }
            if (!name.startsWith(root + ".")) {
                return SliceIdentifier.ignore();
            }
            int end = name.indexOf('.', root.length() + 1);
            return SliceIdentifier.of(name.substring(root.length() + 1, end < 0 ? name.length() : end));
        }

        @Override
        public String getDescription() {
            return "the packages of " + root + " and its root package";
        }
    }
}
