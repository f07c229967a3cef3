package dev.holdfast.store.container;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A container lies where it must be thawed before it can be read, or where reading it is charged and was not asked for. It
 * is there and, as far as anybody knows, whole: this is never damage.
 */
public final class FrozenException extends IOException {
    private final int container;
    private final String place;

    /**
     * @param container its number in the store
     * @param place the archive that holds it, as its address
     */
    public FrozenException(int container, String place, @Nullable Throwable cause) {
        super(
                String.format(
                        "container %08x is frozen in %s: it must be thawed before it can be read; see vault thaw",
                        container, place),
                cause);
        this.container = container;
        this.place = place;
    }

    public int container() {
        return container;
    }

    public String place() {
        return place;
    }
}
