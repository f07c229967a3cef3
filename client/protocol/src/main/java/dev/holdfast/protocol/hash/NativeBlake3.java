package dev.holdfast.protocol.hash;

import dev.holdfast.protocol.foreign.ForeignLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The reference implementation in C, which uses the vector instructions that it finds: the library of this installation, or
 * the system's. Its functions neither block nor call back, so that they may work on arrays of the heap.
 */
final class NativeBlake3 implements Blake3 {
    static final String LIBRARY = "libblake3.so.0";
    /** {@code sizeof(blake3_hasher)} is 1,912 in releases 1.0 to 1.8. */
    private static final int STATE_BYTES = 4096;

    private static final int STATE_ALIGNMENT = 64;
    /**
     * One type for all, since the JVM takes some ms to generate the code for each: registers that a function has no argument for
     * are not looked at.
     */
    private static final FunctionDescriptor TYPE =
            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);

    private final String name;
    private final MethodHandle init;
    private final MethodHandle initKeyed;
    private final MethodHandle update;
    private final MethodHandle finish;

    private NativeBlake3(String name, SymbolLookup library) {
        this.name = name;
        init = function(library, "blake3_hasher_init");
        initKeyed = function(library, "blake3_hasher_init_keyed");
        update = function(library, "blake3_hasher_update");
        finish = function(library, "blake3_hasher_finalize");
    }

    private static MethodHandle function(SymbolLookup library, String symbol) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(symbol), TYPE, Linker.Option.critical(true));
    }

    /** The library of this installation, else the system's. */
    static Optional<Blake3> find() {
        return load(ForeignLibrary.installed(LIBRARY).map(Path::toString).orElse(LIBRARY));
    }

    /** @param library a path, or a name that the system's loader finds; empty where it cannot be loaded */
    static Optional<Blake3> load(String library) {
        try {
            return Optional.of(new NativeBlake3(library, SymbolLookup.libraryLookup(library, Arena.global())));
        } catch (RuntimeException | UnsatisfiedLinkError e) {
            // Absent, of another processor, or access to native code is not enabled.
            return Optional.empty();
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Hasher hasher(byte @Nullable [] key) {
        return new State(key);
    }

    private final class State implements Hasher {
        /** Freed by the collector: there are few hashers, and they live long. */
        private final MemorySegment state = Arena.ofAuto().allocate(STATE_BYTES, STATE_ALIGNMENT);

        private final byte @Nullable [] key;

        State(byte @Nullable [] key) {
            this.key = key;
            reset();
        }

        private void reset() {
            try {
                if (key == null) {
                    init.invokeExact(state, MemorySegment.NULL, 0L);
                } else {
                    initKeyed.invokeExact(state, MemorySegment.ofArray(key), 0L);
                }
            } catch (Throwable e) {
                throw ForeignLibrary.failed(e);
            }
        }

        @Override
        public void update(byte[] bytes, int offset, int length) {
            update(MemorySegment.ofArray(bytes).asSlice(offset, length));
        }

        @Override
        public void update(ByteBuffer bytes) {
            update(MemorySegment.ofBuffer(bytes));
            bytes.position(bytes.limit());
        }

        private void update(MemorySegment bytes) {
            try {
                update.invokeExact(state, bytes, bytes.byteSize());
            } catch (Throwable e) {
                throw ForeignLibrary.failed(e);
            }
        }

        @Override
        public byte[] digest() {
            byte[] hash = new byte[HASH_BYTES];
            try {
                finish.invokeExact(state, MemorySegment.ofArray(hash), (long) HASH_BYTES);
            } catch (Throwable e) {
                throw ForeignLibrary.failed(e);
            }
            reset();
            return hash;
        }
    }
}
