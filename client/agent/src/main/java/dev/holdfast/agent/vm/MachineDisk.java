package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * A disk of a running machine.
 *
 * @param name that stays the same when the machine is started again
 * @param device the name that the machine has for it; may be empty
 * @param qdev the path of the device in the machine; empty where the disk is at none
 * @param node the node through which the device reads and writes
 * @param driver the format
 * @param file where its content is, for people
 * @param origin changes where the disk is another one, or lies on another one
 * @param size bytes
 * @param storesBitmaps whether bitmaps can be kept over a restart of the machine
 * @param bitmaps of the node
 */
record MachineDisk(
        String name,
        String device,
        String qdev,
        String node,
        String driver,
        String file,
        String origin,
        long size,
        boolean readOnly,
        boolean removable,
        boolean storesBitmaps,
        List<Bitmap> bitmaps) {
    private static final String PERIPHERAL = "/machine/peripheral/";

    /** From an element of what query-block returns; empty where no medium is in it. */
    static Optional<MachineDisk> of(JsonNode block) {
        JsonNode inserted = block.path("inserted");
        JsonNode image = inserted.path("image");
        String node = inserted.path("node-name").asText();
        if (node.isEmpty()) {
            return Optional.empty();
        }
        String device = block.path("device").asText();
        String qdev = block.path("qdev").asText();
        String driver = inserted.path("drv").asText();
        JsonNode compatible = image.path("format-specific").path("data").path("compat");
        return Optional.of(new MachineDisk(
                device.isEmpty() ? id(qdev).orElse(node) : device,
                device,
                qdev,
                node,
                driver,
                inserted.path("file").asText(),
                inserted.path("file").asText() + "\n"
                        + inserted.path("backing_file").asText(),
                image.path("virtual-size").asLong(),
                inserted.path("ro").asBoolean(true),
                block.path("removable").asBoolean(true),
                driver.equals("qcow2") && !compatible.asText().equals("0.10"),
                Bitmap.of(inserted)));
    }

    /** What the administrator calls the device. */
    private static Optional<String> id(String qdev) {
        if (!qdev.startsWith(PERIPHERAL)) {
            return Optional.empty();
        }
        String rest = qdev.substring(PERIPHERAL.length());
        int end = rest.indexOf('/');
        return Optional.of(end < 0 ? rest : rest.substring(0, end));
    }

    /** Whether a word is one of the names of this disk. */
    boolean isCalled(String word) {
        return word.equals(name)
                || word.equals(device)
                || word.equals(qdev)
                || word.equals(node)
                || id(qdev).filter(word::equals).isPresent();
    }

    /** Whether it is a part of the machine that changes. */
    boolean usual() {
        return !readOnly && !removable && !qdev.isEmpty();
    }

    Optional<Bitmap> bitmap(String wanted) {
        return bitmaps.stream().filter(each -> each.name().equals(wanted)).findAny();
    }
}
