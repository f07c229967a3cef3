package dev.holdfast.profile;

import com.fasterxml.jackson.annotation.JsonCreator;
import dev.holdfast.protocol.cli.ByteText;

/** A number of bytes, written with a unit: {@code 20 TB}, {@code 512 MiB}. */
public record DataSize(long bytes) {
    @JsonCreator
    public static DataSize parse(String text) {
        return new DataSize(ByteText.parse(text));
    }
}
