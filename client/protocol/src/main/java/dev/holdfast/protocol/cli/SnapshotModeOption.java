package dev.holdfast.protocol.cli;

import dev.holdfast.protocol.snapshot.SnapshotMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options that are a {@link SnapshotMode}. */
public final class SnapshotModeOption implements ITypeConverter<SnapshotMode> {
    @Override
    public SnapshotMode convert(String text) {
        return SnapshotMode.of(text)
                .orElseThrow(() -> new TypeConversionException(
                        "invalid mode '" + text + "'; expected one of " + SnapshotMode.texts()));
    }
}
