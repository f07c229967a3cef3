package dev.holdfast.agent.cli;

import dev.holdfast.agent.install.Installation;
import dev.holdfast.agent.upgrade.PackageContent;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.config.Configuration;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.ReleaseRefusedException;
import dev.holdfast.protocol.release.ReleaseSignature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "verify-package",
        mixinStandardHelpOptions = true,
        description = {
            "Verifies that a package may replace this client: a release key that came with this installation signed it, the"
                    + " file is the one that was signed, it is for this architecture and kind of installation, and it is no"
                    + " older version (unless allow-downgrade is set in /etc/holdfast/client.toml).",
            "The installer of upgrades that the appliance orders runs this, too."
        })
final class VerifyPackageCommand implements Callable<Integer> {
    static final Configuration.Key ALLOW_DOWNGRADE = new Configuration.Key("allow-downgrade", true, false);

    @ParentCommand
    private @Nullable Main main;

    @Parameters(paramLabel = "FILE", description = "The package.")
    private @Nullable Path file;

    @Option(names = "--signature", paramLabel = "FILE", description = "Its signature; default: FILE.sig.")
    private @Nullable Path signatureFile;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Path given = Objects.requireNonNull(file);
        Path beside = signatureFile == null ? given.resolveSibling(given.getFileName() + ".sig") : signatureFile;
        ReleaseSignature signature;
        try {
            signature = ReleaseSignature.read(beside);
        } catch (FormatException e) {
            throw new ReleaseRefusedException(Phrase.why(e));
        }
        boolean allowDowngrade = Objects.requireNonNull(main)
                .configuration()
                .of(ALLOW_DOWNGRADE)
                .map(Configuration.Setting::values)
                .orElse(List.of())
                .equals(List.of("true"));
        Installation.current().requireReplaceableBy(signature, allowDowngrade);
        PackageContent.verify(given, signature.about());
        Objects.requireNonNull(spec)
                .commandLine()
                .getOut()
                .println(signature.about().label() + " may be installed");
        return ExitCode.OK;
    }
}
