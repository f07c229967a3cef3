package dev.holdfast.protocol.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options that are a share, such as {@code 20%}; at least 1 %. */
public final class PercentOption implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        if (!text.matches("[1-9][0-9]?%|100%")) {
            throw new TypeConversionException("invalid share '" + text + "'; expected 1% to 100%");
        }
        return Integer.valueOf(text.substring(0, text.length() - 1));
    }
}
