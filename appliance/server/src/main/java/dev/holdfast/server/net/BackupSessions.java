package dev.holdfast.server.net;

import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.snapshot.BackupSession;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The backups under way, so that further connections of the same node can join. Safe for use by several threads. */
public final class BackupSessions {
    private final Map<Long, BackupSession> sessions = new ConcurrentHashMap<>();

    void add(BackupSession session) {
        sessions.put(session.id(), session);
    }

    void remove(BackupSession session) {
        sessions.remove(session.id());
    }

    /** Another node's session is not found, like one that does not exist. */
    BackupSession find(long id, int node) throws IOException {
        BackupSession session = sessions.get(id);
        if (session == null || session.node() != node) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "no such backup session");
        }
        return session;
    }

    public int count() {
        return sessions.size();
    }
}
