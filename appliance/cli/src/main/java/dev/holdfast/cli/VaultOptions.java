package dev.holdfast.cli;

import dev.holdfast.control.vault.VaultAddress;
import dev.holdfast.control.vault.VaultCredentials;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to get to a vault. */
final class VaultOptions {
    @Option(names = "--region", paramLabel = "R", description = "Region of the bucket, for instance cn-hangzhou.")
    private @Nullable String region;

    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description = "Another endpoint than the region's own: a private link, a custom domain, a test server.")
    private @Nullable String endpoint;

    @Option(
            names = "--network",
            paramLabel = "N",
            description = "Which of the region's endpoints: public (default), internal or accelerate.")
    private @Nullable String network;

    @Option(
            names = "--addressing",
            paramLabel = "A",
            description = "How requests name the bucket: host (default), path or custom_domain.")
    private @Nullable String addressing;

    @Option(names = "--proxy", paramLabel = "URL", description = "HTTP proxy on the way, http://HOST:PORT.")
    private @Nullable String proxy;

    @Option(
            names = "--credentials-file",
            paramLabel = "F",
            description =
                    "File with OSS_ACCESS_KEY_ID=, OSS_ACCESS_KEY_SECRET= and, for temporary keys, OSS_SESSION_TOKEN="
                            + " lines, or with OSS_ECS_ROLE= alone. Default: the environment variables of these names.")
    private @Nullable Path credentialsFile;

    /** Null where neither a file nor the environment gives any. */
    @Nullable
    VaultCredentials credentials() throws IOException {
        return VaultCredentials.read(credentialsFile);
    }

    VaultAddress address(String url) {
        return new VaultAddress(url, region, endpoint, network, addressing, proxy);
    }
}
