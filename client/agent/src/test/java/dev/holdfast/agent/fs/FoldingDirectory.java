package dev.holdfast.agent.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/** A file system that takes several names for one. */
public final class FoldingDirectory extends WrappedDirectory {
    private final UnaryOperator<String> fold;
    private final UnaryOperator<String> stored;

    /**
     * @param fold equal for names that are one
     * @param stored a name as it is kept
     */
    public FoldingDirectory(Directory inner, UnaryOperator<String> fold, UnaryOperator<String> stored) {
        super(inner);
        this.fold = fold;
        this.stored = stored;
    }

    @Override
    protected WrappedDirectory wrap(Directory directory) {
        return new FoldingDirectory(directory, fold, stored);
    }

    private static String text(byte[] name) {
        return new String(name, StandardCharsets.UTF_8);
    }

    @Override
    protected byte[] existing(byte[] name) throws IOException {
        String folded = fold.apply(text(name));
        for (byte[] each : inner.names()) {
            if (fold.apply(text(each)).equals(folded)) {
                return each;
            }
        }
        return stored.apply(text(name)).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    protected byte[] made(byte[] name) throws IOException {
        byte[] kept = existing(name);
        if (inner.names().stream().anyMatch(each -> Arrays.equals(each, kept))) {
            throw error(OsException.EEXIST, name);
        }
        return kept;
    }

    @Override
    protected boolean links() {
        return false;
    }

    /** At once, as file systems do. */
    @Override
    public void renameNew(byte[] from, byte[] to) throws IOException {
        synchronized (FoldingDirectory.class) {
            super.renameNew(from, to);
        }
    }
}
