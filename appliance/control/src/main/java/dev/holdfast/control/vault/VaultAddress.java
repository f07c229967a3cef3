package dev.holdfast.control.vault;

import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.vault.oss.OssLocation;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a vault is, as people write it.
 *
 * @param url {@code oss://BUCKET/PREFIX} or {@code file:///DIRECTORY}
 * @param region of a bucket, for instance cn-hangzhou
 * @param endpoint another than the region's own
 * @param network which of the region's endpoints: public, internal or accelerate; public where it is missing
 * @param addressing how requests name the bucket: host, path or custom_domain; host where it is missing
 * @param proxy {@code http://HOST:PORT}
 */
public record VaultAddress(
        String url,
        @Bound(characters = 50) @Nullable String region,
        @Nullable String endpoint,
        @Bound(characters = 50) @Nullable String network,
        @Bound(characters = 50) @Nullable String addressing,
        @Nullable String proxy) {
    /** @throws IllegalArgumentException where it is not an address of a vault */
    public VaultSettings settings(VaultPolicy policy) {
        String place = Objects.requireNonNullElse(url, "");
        if (!place.startsWith("oss:")) {
            return new VaultSettings(VaultSettings.directory(place), null, policy);
        }
        if (region == null) {
            throw new PhrasedArgumentException(Phrase.of("vault.no-region"));
        }
        return new VaultSettings(
                null,
                OssLocation.parse(
                        place,
                        region,
                        endpoint,
                        of(OssLocation.Network.class, "network", network, OssLocation.Network.PUBLIC),
                        of(OssLocation.Addressing.class, "addressing", addressing, OssLocation.Addressing.HOST),
                        proxy),
                policy);
    }

    private static <E extends Enum<E>> E of(Class<E> type, String what, @Nullable String text, E otherwise) {
        if (text == null) {
            return otherwise;
        }
        return Arrays.stream(type.getEnumConstants())
                .filter(each -> each.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> new PhrasedArgumentException(Phrase.of("vault.option")
                        .with("option", what)
                        .with("given", text)
                        .with(
                                "choices",
                                String.join(
                                        ", ",
                                        Arrays.stream(type.getEnumConstants())
                                                .map(each -> each.name().toLowerCase(Locale.ROOT))
                                                .toList()))));
    }
}
