package dev.holdfast.server.net;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/** What hostile nodes and strangers do to an appliance, again and again until they are stopped. */
enum Attack {
    IDLE("idle strangers on all seats", 2) {
        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            Deque<Socket> idle = new ArrayDeque<>();
            while (attacker.goesOn()) {
                // 640 at a time from 20 addresses; whoever was evicted is replaced.
                if (idle.size() == 320) {
                    attacker.ready();
                    attacker.close(idle.removeFirst());
                    Thread.sleep(2);
                }
                idle.addLast(attacker.dial(attacker.index * 10 + idle.size() % 10));
                attacker.attempt();
            }
        }
    },
    DRIBBLE("greetings of a byte a second", 2) {
        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            byte[] hello = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3};
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 160; i++) {
                sockets.add(attacker.dial(attacker.index * 10 + i % 10));
            }
            attacker.ready();
            for (int second = 0; attacker.goesOn(); second++) {
                for (int i = 0; i < sockets.size() && attacker.goesOn(); i++) {
                    try {
                        sockets.get(i).getOutputStream().write(second < hello.length ? hello[second] : 0);
                    } catch (IOException e) {
                        attacker.close(sockets.get(i));
                        sockets.set(i, attacker.dial(attacker.index * 10 + i % 10));
                    }
                    attacker.attempt();
                    if (i % 16 == 0) {
                        Thread.sleep(100);
                    }
                }
            }
        }
    },
    TOKENS("enrolments with bad tokens", 4) {
        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            try (TestAppliance.Connection stranger = attacker.stranger()) {
                attacker.ready();
                while (attacker.goesOn()) {
                    attacker.attempt();
                    tolerating(
                            stranger, new Message.Enroll("hf1." + attacker.unique() + ".00", "x", "p", new byte[10]));
                }
            }
        }
    },
    MALFORMED("malformed frames, each on a new connection", 4) {
        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            while (attacker.goesOn()) {
                attacker.attempt();
                try (TestAppliance.Connection connection = attacker.connect()) {
                    connection.socket.getOutputStream().write(new byte[] {127, 0, 0, 0, 0});
                    connection.read(0);
                } catch (IOException e) {
                    // Cut off, as it should be.
                    attacker.closeAll();
                }
                attacker.ready();
            }
        }
    },
    POISON("poisoned chunks, suspensions lifted at once", 4) {
        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            try (TestAppliance.Connection connection = attacker.connect()) {
                tolerating(connection, new Message.OpenBackup("poison"));
                attacker.ready();
                while (attacker.goesOn()) {
                    byte[] plain = bytes(attacker.unique(), 50_000);
                    byte[] frame = Packed.compress(plain, 1).payload();
                    ByteBuffer padded =
                            ByteBuffer.allocate(frame.length + 8 + 1_100_000).order(java.nio.ByteOrder.LITTLE_ENDIAN);
                    padded.put(frame).putInt(0x184D2A50).putInt(1_100_000);
                    Packed packed = new Packed(Codec.ZSTD, plain.length, padded.array());
                    attacker.attempt();
                    tolerating(
                            connection,
                            new Message.Put(List.of(
                                    new Message.Upload(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(plain), packed))));
                    if (attacker.all.office.control.suspensions().resume(attacker.node.id)) {
                        // Forgets what is remembered of it, too.
                        attacker.all.office.suspensions.requireNone(attacker.node.id);
                    }
                }
            }
        }
    },
    SUMMARIES("105 summaries of 116 KB a node, 100 unread lists in all", 4) {
        @Override
        void prepare(Attackers attackers) throws IOException {
            attackers.store(105, 116_000, 10, 1);
        }

        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            TestAppliance.Connection connection = attacker.connect();
            for (int request = 1; request <= 25; request++) {
                connection.send(request, new Message.ListSnapshots());
                attacker.attempt();
            }
            attacker.ready();
            rest(attacker);
        }
    },
    SNAPSHOTS("100 snapshots a node, each opened on 16 connections and read by turns", 16) {
        @Override
        void prepare(Attackers attackers) throws IOException {
            attackers.store(100, 0, 10, 1);
        }

        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            try (TestAppliance.Connection connection = attacker.connect()) {
                for (TestAppliance.Backup each : attacker.backups()) {
                    connection.ask(new Message.OpenRead(each.snapshot(), "list"), Message.ReadOpened.class);
                }
                attacker.ready();
                while (attacker.goesOn()) {
                    for (TestAppliance.Backup each : attacker.backups()) {
                        connection.ask(new Message.ReadRoot(each.snapshot(), 0, 512), Message.RootPages.class);
                        attacker.attempt();
                    }
                }
            }
        }
    },
    UNREAD("unread restores on 16 connections", 16) {
        @Override
        void prepare(Attackers attackers) throws IOException {
            attackers.store(1, 0, 100_000, IntStream.range(0, 200).toArray());
        }

        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            TestAppliance.Connection connection = attacker.connect();
            TestAppliance.Backup backup = attacker.backups().getFirst();
            connection.ask(new Message.OpenRead(backup.snapshot(), "restore /"), Message.ReadOpened.class);
            for (int request = 100; request < 120; request++) {
                connection.send(request, new Message.Get(false, backup.chunks()));
                attacker.attempt();
            }
            attacker.ready();
            rest(attacker);
        }
    },
    QUESTIONS("queries and plans of 32,768 digests", 8) {
        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            try (TestAppliance.Connection connection = attacker.connect()) {
                tolerating(connection, new Message.OpenBackup("questions"));
                long first = attacker.unique();
                List<Digest> digests = IntStream.range(0, 1 << 15)
                        .mapToObj(i -> new Digest(first * 31 + i, i, 2, 3))
                        .toList();
                attacker.ready();
                while (attacker.goesOn()) {
                    tolerating(connection, new Message.Query(digests));
                    tolerating(connection, new Message.Plan(digests));
                    attacker.attempt();
                    attacker.attempt();
                }
            }
        }
    },
    PURPOSES("opened snapshots with ever new purposes of 4,000 characters", 8) {
        @Override
        void prepare(Attackers attackers) throws IOException {
            attackers.store(1, 0, 10, 1);
        }

        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            try (TestAppliance.Connection connection = attacker.connect()) {
                attacker.ready();
                while (attacker.goesOn()) {
                    attacker.attempt();
                    connection.ask(
                            new Message.OpenRead(
                                    attacker.backups().getFirst().snapshot(), attacker.unique() + "z".repeat(3900)),
                            Message.ReadOpened.class);
                }
            }
        }
    },
    TINY("new chunks of 16 bytes, one a request", 8) {
        @Override
        void attack(Attackers.Attacker attacker) throws Exception {
            try (TestAppliance.Connection connection = attacker.connect()) {
                connection.ask(new Message.OpenBackup("tiny"), Message.BackupOpened.class);
                attacker.ready();
                while (attacker.goesOn()) {
                    byte[] plain = bytes(attacker.unique(), 16);
                    attacker.attempt();
                    connection.ask(
                            new Message.Put(List.of(new Message.Upload(
                                    ChunkKind.DATA, HashAlgorithm.NEWEST.digest(plain), Packed.raw(plain)))),
                            Message.Stored.class);
                }
            }
        }
    };

    final String description;
    final int threads;

    Attack(String description, int threads) {
        this.description = description;
        this.threads = threads;
    }

    /** What the attack needs in the store; before all rounds. */
    void prepare(Attackers attackers) throws IOException {}

    /** One thread's part, until {@link Attackers.Attacker#goesOn} says no or it is cut off; begun anew in that case. */
    abstract void attack(Attackers.Attacker attacker) throws Exception;

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new java.util.Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Asks, and goes on where it is refused. */
    private static void tolerating(TestAppliance.Connection connection, Message message) throws IOException {
        try {
            connection.ask(message, Message.class);
        } catch (RemoteException e) {
            // Refused, as it should be; the connection is left.
        }
    }

    private static void rest(Attackers.Attacker attacker) throws InterruptedException {
        while (attacker.goesOn()) {
            Thread.sleep(20);
        }
    }
}
