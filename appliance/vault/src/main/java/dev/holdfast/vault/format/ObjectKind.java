package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.FormatException;
import java.util.List;
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

    private static final String INVENTORY = ".inv";

    /** In front of the key of an object's second copy. */
    public static final String SECOND = "2/";

    private final int code;
    private final String directory;

    ObjectKind(int code, String directory) {
        this.code = code;
        this.directory = directory;
    }

    /**
     * Whether objects of this kind are stored twice, since much depends on them and nothing else in the vault tells
     * what they hold. Segments can be made again of the containers; inventories of both parts and roots are stored
     * twice as well.
     */
    public boolean twice() {
        return this == CATALOGUE || this == CONTROL;
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

    /** Where an object lies: one key, or two, of which the first counts where both are whole. */
    public List<String> keys(UUID id) {
        return twice() ? both(key(id)) : List.of(key(id));
    }

    /** The key of the inventory that lies beside a segment or a catalogue. */
    public String inventoryKey(UUID id) {
        return key(id) + INVENTORY;
    }

    /** An inventory's two keys. */
    public List<String> inventoryKeys(UUID id) {
        return both(inventoryKey(id));
    }

    /** A key, and that of the second copy. */
    static List<String> both(String key) {
        return List.of(key, SECOND + key);
    }

    /** Every key at which a copy of the object may lie that has {@code key} as its first. */
    static List<String> copies(String key) {
        boolean once = key.startsWith(CONTAINER.prefix())
                || key.startsWith(MANIFEST.prefix())
                || (key.startsWith(SEGMENT.prefix()) && !key.endsWith(INVENTORY));
        return once ? List.of(key) : both(key);
    }
}
