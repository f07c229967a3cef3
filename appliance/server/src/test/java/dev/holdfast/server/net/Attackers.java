package dev.holdfast.server.net;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Several hostile nodes and strangers at one office; a bounded number of threads, which stop when they are told to. */
final class Attackers {
    final TestAppliance office;
    final List<TestAppliance.TestNode> nodes = new ArrayList<>();
    /** What each node stored before the first round. */
    final List<List<TestAppliance.Backup>> backups = new ArrayList<>();

    /** @param count of hostile nodes, which the threads of an attack share */
    Attackers(TestAppliance office, int count) throws Exception {
        this.office = office;
        for (int i = 0; i < count; i++) {
            nodes.add(office.enrol("hostile-" + i));
        }
    }

    /** Stores so many snapshots of each node. */
    void store(int snapshots, int padding, int bytes, int... seeds) throws IOException {
        for (TestAppliance.TestNode node : nodes) {
            List<TestAppliance.Backup> stored = new ArrayList<>();
            try (TestAppliance.Connection connection = node.connect()) {
                for (int i = 0; i < snapshots; i++) {
                    stored.add(node.backup(connection, padding, true, bytes, seeds));
                }
            }
            backups.add(stored);
        }
    }

    Running start(Attack attack) {
        Running running = new Running(attack.threads);
        for (int i = 0; i < attack.threads; i++) {
            int index = i;
            running.threads.add(Thread.ofPlatform()
                    .daemon()
                    .name("attacker")
                    .start(() -> running.attack(attack, new Attacker(this, running, index))));
        }
        return running;
    }

    /** One attack until it is stopped. */
    static final class Running {
        final List<Thread> threads = new ArrayList<>();
        final AtomicLong attempts = new AtomicLong();
        private final AtomicLong cpuNanos = new AtomicLong();
        private final CountDownLatch ready;
        private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
        private final long began = System.nanoTime();
        private volatile boolean stopped;
        private double seconds;

        Running(int threads) {
            ready = new CountDownLatch(threads);
        }

        private void attack(Attack attack, Attacker attacker) {
            while (!stopped) {
                try {
                    attack.attack(attacker);
                } catch (Exception e) {
                    // Refused, evicted or cut off: it comes again.
                    attacker.closeAll();
                }
                attacker.ready();
            }
            attacker.closeAll();
            cpuNanos.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
        }

        void awaitReady(long nanos) throws InterruptedException {
            if (!ready.await(nanos, TimeUnit.NANOSECONDS)) {
                System.err.println("attackers are held back before they are at full strength");
            }
        }

        boolean stopped() {
            return stopped;
        }

        void stop() throws InterruptedException {
            seconds = (System.nanoTime() - began) / 1e9;
            stopped = true;
            for (Thread thread : threads) {
                do {
                    // Whoever waits for the appliance wakes up.
                    sockets.forEach(Attacker::abort);
                } while (!thread.join(java.time.Duration.ofMillis(50)));
            }
        }

        double attemptsPerSecond() {
            return attempts.get() / seconds;
        }

        /** How many processors the attackers' own threads kept busy. */
        double processors() {
            return cpuNanos.get() / 1e9 / seconds;
        }
    }

    /** One thread of an attack. */
    static final class Attacker {
        final Attackers all;
        final Running running;
        final int index;
        final TestAppliance.TestNode node;
        private final Set<Socket> own = ConcurrentHashMap.newKeySet();
        private boolean isReady;
        private long sequence;

        Attacker(Attackers all, Running running, int index) {
            this.all = all;
            this.running = running;
            this.index = index;
            this.node = all.nodes.get(index % all.nodes.size());
        }

        List<TestAppliance.Backup> backups() {
            return all.backups.get(index % all.nodes.size());
        }

        boolean goesOn() {
            return !running.stopped;
        }

        void attempt() {
            running.attempts.incrementAndGet();
        }

        /** A number that no other attacker has. */
        long unique() {
            return (sequence++ << 8 | index) * 31 + System.nanoTime();
        }

        /** From now on the attack is at full strength. */
        void ready() {
            if (!isReady) {
                isReady = true;
                running.ready.countDown();
            }
        }

        /** A connection from an address of this number, of which each counts for itself. */
        Socket dial(int address) throws IOException {
            InetAddress from = InetAddress.getByAddress(new byte[] {127, 0, (byte) (1 + address % 250), 1});
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), all.office.listener.port(), from, 0);
            running.sockets.add(socket);
            own.add(socket);
            return socket;
        }

        TestAppliance.Connection connect() throws IOException {
            return node.connect(dial(100 + index));
        }

        TestAppliance.Connection stranger() throws Exception {
            return all.office.stranger(dial(200 + index));
        }

        void close(Socket socket) {
            own.remove(socket);
            running.sockets.remove(socket);
            abort(socket);
        }

        void closeAll() {
            own.forEach(this::close);
        }

        private static void abort(Socket socket) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is of no more use either way.
            }
        }
    }
}
