package dev.holdfast.control.release;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseSigner;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Frames;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which version a node's client can be upgraded to. */
class UpgradeOfferTest {
    private final List<ReleaseSignature> offered;

    UpgradeOfferTest() throws Exception {
        offered = List.of(signed("1.3.0", "arm64"), signed("1.2.0", "amd64"), signed("1.1.0", "amd64"));
    }

    private static ReleaseSignature signed(String version, String architecture) throws Exception {
        return new ReleaseSigner()
                .sign(new ReleasePackage(
                        ReleasePackage.CLIENT,
                        new ReleaseVersion(version),
                        architecture,
                        PackageKind.DEB,
                        1,
                        "00".repeat(32)));
    }

    private static Node node(String platform, String software, int protocol) {
        Instant then = Instant.EPOCH;
        return new Node(1, "db1", platform, "f", then, then, null, null, null, null, software, protocol);
    }

    @ParameterizedTest
    @CsvSource({
        "Linux 6.1 amd64,   holdfast/1.1.0,   newer,   1.2.0",
        "Linux 6.1 x86_64,  holdfast/1.2.0~1, newer,   1.2.0",
        "Linux 6.1 amd64,   holdfast/1.2.0,   newest,  1.2.0",
        "Linux 6.1 amd64,   holdfast/2.0,     newest,  1.2.0",
        "Linux 6.1 aarch64, holdfast/1.2.0,   newer,   1.3.0",
        "Linux 6.1 riscv64, holdfast/1.2.0,   newer,   1.3.0",
        "Linux 6.1 amd64,   something else,   unknown, ''",
        "Linux 6.1 amd64,   '',               unknown, ''"
    })
    void newestVersionForTheArchitectureIsOffered(String platform, String software, String state, String version) {
        UpgradeOffer offer = UpgradeOffer.of(node(platform, software, Frames.NEWEST_VERSION), offered);
        assertThat(offer.state().text()).isEqualTo(state);
        assertThat(offer.version()).isEqualTo(version.isEmpty() ? null : new ReleaseVersion(version));
    }

    @ParameterizedTest
    @CsvSource({"4, too-old", "5, none"})
    void clientMustSpeakAProtocolWithUpgrades(int protocol, String state) {
        UpgradeOffer offer = UpgradeOffer.of(node("Linux 6.1 amd64", "holdfast/1.1.0", protocol), List.of());
        assertThat(offer.state().text()).isEqualTo(state);
    }
}
