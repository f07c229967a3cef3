package dev.holdfast.agent.chunk;

import dev.holdfast.protocol.foreign.ForeignLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** The same loop in C, of {@code src/native/cut.c}; the library of this installation. */
final class NativeCutSearch implements CutSearch {
    static final String LIBRARY = "libholdfast-cut.so";
    private static final int TABLE_ENTRIES = 256;
    private static final FunctionDescriptor TYPE = FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);

    private final String name;
    private final MethodHandle cut;

    private NativeCutSearch(Path file) {
        this.name = file.toString();
        MemorySegment function =
                SymbolLookup.libraryLookup(file, Arena.global()).findOrThrow("holdfast_cut");
        // It works on arrays of the heap, for less than a millisecond at a time.
        this.cut = Linker.nativeLinker().downcallHandle(function, TYPE, Linker.Option.critical(true));
    }

    static Optional<CutSearch> find() {
        return ForeignLibrary.installed(LIBRARY).flatMap(NativeCutSearch::load);
    }

    /** Empty where it cannot be loaded. */
    static Optional<CutSearch> load(Path file) {
        try {
            return Optional.of(new NativeCutSearch(file));
        } catch (RuntimeException | UnsatisfiedLinkError e) {
            // Of another processor, not a library, or access to native code is not enabled.
            return Optional.empty();
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int first(byte[] data, long[] table, int from, int to, long mask) {
        // The function checks nothing.
        Objects.checkFromToIndex(from - WINDOW_BYTES, Math.max(from, to), data.length);
        Objects.checkIndex(TABLE_ENTRIES - 1, table.length);
        try {
            return (int) (long) cut.invokeExact(
                    MemorySegment.ofArray(data), MemorySegment.ofArray(table), (long) from, (long) to, mask);
        } catch (Throwable e) {
            throw ForeignLibrary.failed(e);
        }
    }
}
