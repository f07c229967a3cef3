package dev.holdfast.cli;

import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssLocation;
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
            defaultValue = "PUBLIC",
            description = "Which of the region's endpoints: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private OssLocation.Network network = OssLocation.Network.PUBLIC;

    @Option(
            names = "--addressing",
            paramLabel = "A",
            defaultValue = "HOST",
            description = "How requests name the bucket: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private OssLocation.Addressing addressing = OssLocation.Addressing.HOST;

    @Option(names = "--proxy", paramLabel = "URL", description = "HTTP proxy on the way, http://HOST:PORT.")
    private @Nullable String proxy;

    @Option(
            names = "--credentials-file",
            paramLabel = "F",
            description =
                    "File with OSS_ACCESS_KEY_ID=, OSS_ACCESS_KEY_SECRET= and, for temporary keys, OSS_SESSION_TOKEN="
                            + " lines, or with OSS_ECS_ROLE= alone. Default: the environment variables of these names.")
    private @Nullable Path credentialsFile;

    /** Null where the vault is a directory. */
    @Nullable
    OssCredentials credentials() throws IOException {
        return credentialsFile == null ? OssCredentials.of(System.getenv()) : OssCredentials.read(credentialsFile);
    }

    VaultSettings settings(String url, VaultPolicy policy) {
        if (!url.startsWith("oss:")) {
            return new VaultSettings(VaultSettings.directory(url), null, policy);
        }
        if (region == null) {
            throw new IllegalArgumentException("an oss:// vault needs its --region");
        }
        return new VaultSettings(null, OssLocation.parse(url, region, endpoint, network, addressing, proxy), policy);
    }
}
