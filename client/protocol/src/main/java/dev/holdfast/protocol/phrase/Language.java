package dev.holdfast.protocol.phrase;

/** A language in which the appliance writes to people. */
public enum Language {
    EN,
    ZH
}
