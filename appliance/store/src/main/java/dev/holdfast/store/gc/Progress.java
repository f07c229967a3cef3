package dev.holdfast.store.gc;

/** Told how far a collection is. */
public interface Progress {
    void step(String what, long done, long total);
}
