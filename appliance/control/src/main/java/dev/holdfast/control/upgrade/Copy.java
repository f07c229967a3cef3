package dev.holdfast.control.upgrade;

import dev.holdfast.control.db.UpgradeCopies;
import java.time.Instant;

/**
 * A copy of the control database from before an upgrade.
 *
 * @param name of its file
 * @param schema version of the control database in it
 */
public record Copy(String name, int schema, Instant at) {
    static Copy of(UpgradeCopies.Copy copy) {
        return new Copy(copy.file().getFileName().toString(), copy.schema(), copy.at());
    }
}
