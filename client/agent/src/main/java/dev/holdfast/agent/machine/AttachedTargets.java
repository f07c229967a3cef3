package dev.holdfast.agent.machine;

import dev.holdfast.agent.image.LoopDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** Targets as block devices: a file has a loop device while this is open. */
public final class AttachedTargets implements AutoCloseable {
    private final List<LoopDevice> loops = new ArrayList<>();
    private Assignment assignment;

    private AttachedTargets(Assignment assignment) {
        this.assignment = assignment;
    }

    /** Attaches what needs it. */
    public static AttachedTargets of(Assignment assignment) throws IOException {
        AttachedTargets attached = new AttachedTargets(assignment);
        try {
            List<Assignment.Pair> pairs = new ArrayList<>();
            for (Assignment.Pair each : assignment.pairs()) {
                pairs.add(attached.attach(each));
            }
            attached.assignment = new Assignment(List.copyOf(pairs));
            return attached;
        } catch (IOException | RuntimeException e) {
            attached.close();
            throw e;
        }
    }

    private Assignment.Pair attach(Assignment.Pair pair) throws IOException {
        TargetDisk target = pair.target();
        if (!Files.isRegularFile(target.device())) {
            return pair;
        }
        LoopDevice loop = LoopDevice.over(target.device(), "--partscan");
        loops.add(loop);
        return new Assignment.Pair(
                pair.source(),
                new TargetDisk(loop.path(), target.bytes(), target.sectorBytes(), target.model(), target.content()));
    }

    /** With block devices only. */
    public Assignment assignment() {
        return assignment;
    }

    @Override
    public void close() throws IOException {
        while (!loops.isEmpty()) {
            loops.removeLast().close();
        }
    }
}
