package dev.holdfast.control.usecase;

import java.io.IOException;

/** Takes a list of any length, one after the other. */
public interface ListSink<T> {
    void take(T each) throws IOException;
}
