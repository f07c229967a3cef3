package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** How a new machine gets the client: commands to copy, and the package for who has a token to enrol. */
public final class ClientInstallUseCases {
    private static final int PART_BYTES = 1 << 20;
    /** Of addresses that are put into commands of a shell. */
    private static final Pattern ADDRESS = Pattern.compile("https://[A-Za-z0-9.:\\[\\]-]+");
    /** The architectures of packages, and of the systems that they run on: the usual one first. */
    private static final List<String> ARCHITECTURES = List.of("amd64", "arm64");

    private static final Pattern TOKEN = Pattern.compile("hf1\\.([0-9a-f]+)\\.[0-9a-f]+");

    private final ControlDb control;
    private final ClientPackages packages;

    ClientInstallUseCases(ControlDb control, ClientPackages packages) {
        this.control = control;
        this.packages = packages;
    }

    /** What kind of system a machine has. */
    public enum Os {
        /** Debian, Ubuntu and others with their packages. */
        DEBIAN,
        /** Other Linux systems with systemd. */
        LINUX,
        /** Any on which the client is installed already. */
        INSTALLED
    }

    /**
     * Commands for a shell of root that install the client and enrol the machine.
     *
     * @param downloads whether they fetch the client's package from this appliance. Otherwise its file must be in the working
     *     directory
     * @param version of the package that they fetch; empty for none
     */
    public record Commands(Os system, String text, boolean downloads, String version) {}

    /**
     * Commands for each kind of system.
     *
     * @param api where browsers reach the appliance, such as {@code https://backup:8808}; empty where it is not known
     * @param enrolment the command that enrols
     */
    public List<Commands> commands(String api, String token, String enrolment) throws IOException {
        List<ReleasePackage> all = ADDRESS.matcher(api).matches()
                ? packages.list().stream().map(ReleaseSignature::about).toList()
                : List.of();
        return List.of(
                commands(Os.DEBIAN, PackageKind.DEB, offered(all, PackageKind.DEB), api, token, enrolment),
                commands(Os.LINUX, PackageKind.ARCHIVE, offered(all, PackageKind.ARCHIVE), api, token, enrolment),
                new Commands(Os.INSTALLED, enrolment, false, ""));
    }

    private static Commands commands(
            Os system, PackageKind kind, Optional<ReleasePackage> offered, String api, String token, String enrolment) {
        String file = offered.map(about -> "holdfast-client-" + about.version().text() + "-" + about.architecture())
                .orElse("holdfast-client-*");
        String name = kind == PackageKind.DEB && offered.isEmpty() ? "holdfast-client_*.deb" : file + "." + kind.text();
        StringBuilder text = new StringBuilder();
        // The token proves to the client that this is the right appliance, and the sum that this is the right package.
        // The certificate of the console, which the machine may not know, is not needed for either.
        offered.ifPresent(about -> text.append("curl -fsSk -H 'Authorization: Bearer ")
                .append(token)
                .append("' -o ")
                .append(name)
                .append(' ')
                .append(api)
                .append("/api/v1/client-packages/")
                .append(about.sha256())
                .append("/file &&\necho '")
                .append(about.sha256())
                .append("  ")
                .append(name)
                .append("' | sha256sum --check --quiet &&\n"));
        if (kind == PackageKind.DEB) {
            text.append("apt-get install --yes ./").append(name).append(" &&\n");
        } else {
            text.append("tar -C /usr/lib --zstd -xf ")
                    .append(name)
                    .append(" &&\nln -sfn ")
                    .append(offered.isEmpty() ? "\"$(basename holdfast-client-*.tar.zst .tar.zst)\"" : file)
                    .append(" /usr/lib/holdfast &&\nln -sf ../lib/holdfast/holdfast /usr/bin/holdfast &&\n")
                    .append("cp /usr/lib/holdfast/holdfast-client.* /usr/lib/holdfast/holdfast-upgrade.*"
                            + " /etc/systemd/system/ &&\n")
                    .append("systemctl enable --now holdfast-client.service holdfast-client.path holdfast-upgrade.path"
                            + " &&\n");
        }
        return new Commands(
                system,
                text.append(enrolment).toString(),
                offered.isPresent(),
                offered.map(about -> about.version().text()).orElse(""));
    }

    /** The newest package of the kind, of the usual architecture. */
    private static Optional<ReleasePackage> offered(List<ReleasePackage> all, PackageKind kind) {
        return ARCHITECTURES.stream()
                .flatMap(each -> all.stream()
                        .filter(about ->
                                about.kind() == kind && about.architecture().equals(each)))
                .findFirst();
    }

    /** Where a package is written to. */
    public interface Sink {
        OutputStream open(ReleasePackage about) throws IOException;
    }

    /**
     * Writes a package for a machine that is about to enrol.
     *
     * @param token with which it enrols; not used up by this
     * @param id of the package
     */
    public void download(String token, String id, Sink sink) throws IOException {
        var parsed = TOKEN.matcher(token);
        if (!parsed.matches() || !control.tokens().isOpen(parsed.group(1))) {
            throw UseCaseException.forbidden(Phrase.of("client-package.no-token"));
        }
        ReleasePackage about = packages.find(id)
                .map(ReleaseSignature::about)
                .orElseThrow(() -> UseCaseException.notFound(Phrase.of("client-package.not-this")));
        try (OutputStream out = sink.open(about)) {
            for (long at = 0; at < about.size(); at += PART_BYTES) {
                out.write(packages.read(about, at, PART_BYTES));
            }
        }
    }
}
