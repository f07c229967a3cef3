package dev.holdfast.cloud.vault;

import dev.holdfast.protocol.bytes.FormatException;
import java.util.UUID;

/** What an object of a vault holds. Code and directory are part of the format. */
public enum ObjectKind {
    /** A sealed container. */
    CONTAINER(1, "c"),
    /** A snapshot's manifest file. */
    MANIFEST(2, "m"),
    /** Where chunks lie: the trailers of many containers. */
    SEGMENT(3, "i"),
    /** Snapshots that came and went. */
    CATALOGUE(4, "s"),
    /** The appliance's control data: nodes, policies, authority. */
    CONTROL(5, "x");

    private final int code;
    private final String directory;

    ObjectKind(int code, String directory) {
        this.code = code;
        this.directory = directory;
    }

    int code() {
        return code;
    }

    static ObjectKind of(int code) throws FormatException {
        for (ObjectKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw FormatException.corrupt("object kind " + code + " is unknown");
    }

    /** The prefix of all keys of this kind. */
    public String prefix() {
        return directory + "/";
    }

    /** An object's key: random, and spread over 256 prefixes. */
    public String key(UUID id) {
        String text = id.toString();
        return directory + "/" + text.substring(0, 2) + "/" + text;
    }

    /** The key of the inventory that lies beside a segment or a catalogue. */
    public String inventoryKey(UUID id) {
        return key(id) + ".inv";
    }
}
