package dev.holdfast.agent.machine;

/** Takes what is done to a restored machine, as lines for people. */
public interface Told {
    void did(String text);

    /** Something that a person has to look at; the restore goes on. */
    void warning(String text);
}
