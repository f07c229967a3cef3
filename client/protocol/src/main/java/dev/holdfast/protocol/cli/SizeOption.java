package dev.holdfast.protocol.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options that are a number of bytes, in the syntax of {@link ByteText}. */
public final class SizeOption implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        try {
            return ByteText.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }
}
