package dev.holdfast.store.index;

import java.io.IOException;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** The index failed or is damaged. It is derived: {@code rebuild-index} makes it anew. */
public final class IndexException extends IOException {
    IndexException(String what, RocksDBException cause) {
        super("index " + what + ": " + cause.getMessage() + ". " + advice(cause), cause);
    }

    private static String advice(RocksDBException cause) {
        Status status = cause.getStatus();
        return status != null && status.getCode() == Status.Code.IOError
                ? "Check the disk and its free space; the index is opened again by itself"
                : "The index is derived from the containers: stop the appliance and run rebuild-index";
    }
}
