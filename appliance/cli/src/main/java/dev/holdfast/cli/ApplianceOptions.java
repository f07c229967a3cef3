package dev.holdfast.cli;

import dev.holdfast.api.AdminSocket;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.SecretFile;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.StoppedAppliance;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Which appliance a command is about: that of a data directory on this machine, or a remote one. On this machine a running
 * appliance is called over its administration socket; where none runs, the command does the work itself.
 */
final class ApplianceOptions {
    @ArgGroup(exclusive = true, multiplicity = "0..1")
    private Where where = new Where();

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** One of the two. */
    private static final class Where {
        @Option(names = "--data", required = true, paramLabel = "DIR", description = DataOption.DESCRIPTION)
        @Nullable
        private Path data;

        @ArgGroup(exclusive = false)
        private @Nullable Remote remote;
    }

    private static final class Remote {
        @Option(
                names = "--url",
                required = true,
                paramLabel = "URL",
                description = "A remote appliance: where its API is, for instance https://backup.example.com:8443.")
        private String url = "";

        @Option(
                names = "--token-file",
                required = true,
                paramLabel = "F",
                description = "With --url: file with an API token of a user there.")
        private Path tokenFile = Path.of("");

        @Option(
                names = "--ca-file",
                paramLabel = "F",
                description =
                        "With --url: the certificate of that appliance's authority, keys/ca.crt in its data directory."
                                + " Default: the authorities that this system trusts.")
        private @Nullable Path caFile;
    }

    /**
     * Calls it.
     *
     * @param credentials open the keys where no appliance runs and something needs them; wrong ones are refused in any case
     * @param err for the progress of opening a store
     */
    ApiClient connect(CredentialOptions credentials, PrintWriter err) throws IOException {
        Remote remote = where.remote;
        if (remote != null) {
            return new ApiClient(connect(remote), words -> remoteCommand(remote, words));
        }
        DataDirectory directory = DataDirectory.open(DataOption.or(where.data, Objects.requireNonNull(command)));
        return new ApiClient(
                transport(directory, credentials, err), words -> TypedCommand.appliance(directory.root(), words));
    }

    /**
     * The data directory, for what the API does not do.
     *
     * @param what works only on the appliance's own machine
     */
    DataDirectory directory(String what) throws IOException {
        if (where.remote != null) {
            throw new IllegalArgumentException(
                    what + " works on the appliance's own machine only; run it there with --data DIR");
        }
        return DataDirectory.open(DataOption.or(where.data, Objects.requireNonNull(command)));
    }

    static ApiClient.Transport transport(DataDirectory directory, CredentialOptions credentials, PrintWriter err)
            throws IOException {
        CredentialFiles files = credentials.files();
        if (files.given()) {
            StoppedAppliance.requireOpens(directory, files);
        }
        Path socket = directory.root().resolve(AdminSocket.NAME);
        if (answers(socket)) {
            return HttpTransport.socket(socket);
        }
        return new StoppedTransport(new StoppedAppliance(directory, files, Output.progress(err)));
    }

    /** Whether an appliance listens there: what a killed one left does not. */
    private static boolean answers(Path socket) {
        if (!Files.exists(socket)) {
            return false;
        }
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static HttpTransport connect(Remote remote) throws IOException {
        URI url;
        try {
            url = URI.create(remote.url);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + remote.url + "' is not a URL; write https://HOST:PORT", e);
        }
        if (!"https".equals(url.getScheme()) || url.getHost() == null) {
            throw new IllegalArgumentException(
                    "'" + remote.url + "' is not the URL of an API; write https://HOST:PORT");
        }
        String token = new String(SecretFile.line(remote.tokenFile), StandardCharsets.US_ASCII).strip();
        if (token.isEmpty()) {
            throw new IllegalArgumentException("the token file " + remote.tokenFile + " is empty");
        }
        return HttpTransport.https("https://" + url.getRawAuthority(), trust(remote.caFile), token);
    }

    private static SSLContext trust(@Nullable Path caFile) throws IOException {
        try {
            KeyStore trusted = null;
            if (caFile != null) {
                trusted = KeyStore.getInstance("PKCS12");
                trusted.load(null, null);
                try (InputStream in = Files.newInputStream(caFile)) {
                    trusted.setCertificateEntry(
                            "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            SSLContext tls = SSLContext.getInstance("TLSv1.3");
            tls.init(null, factory.getTrustManagers(), null);
            return tls;
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate in " + caFile + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static String remoteCommand(Remote remote, String... words) {
        List<String> all = new ArrayList<>(List.of("appliance"));
        all.addAll(List.of(words));
        all.addAll(List.of("--url", remote.url, "--token-file", remote.tokenFile.toString()));
        if (remote.caFile != null) {
            all.addAll(List.of("--ca-file", remote.caFile.toString()));
        }
        return TypedCommand.elsewhere(all.toArray(String[]::new));
    }
}
