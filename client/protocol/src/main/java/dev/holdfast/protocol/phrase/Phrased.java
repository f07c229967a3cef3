package dev.holdfast.protocol.phrase;

/** An exception whose message is the English text of a phrase. */
public interface Phrased {
    Phrase phrase();
}
