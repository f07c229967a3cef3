package dev.holdfast.cli;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a hash. */
final class HashOption implements ITypeConverter<HashAlgorithm> {
    @Override
    public HashAlgorithm convert(String text) {
        try {
            return HashAlgorithm.labelled(text);
        } catch (FormatException e) {
            throw new TypeConversionException("'" + text + "' is not a hash; expected blake3 or sha-256");
        }
    }
}
