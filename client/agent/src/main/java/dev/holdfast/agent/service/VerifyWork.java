package dev.holdfast.agent.service;

import dev.holdfast.agent.browse.Verification;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Everything that a snapshot refers to, read and rehashed by the appliance, by this node's own reckoning of what that is. */
record VerifyWork(Path state, Job.Verify job) implements Order.Work {
    @Override
    public String run(Order order) throws IOException {
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            var manifest = appliance.open(job.snapshot(), Purpose.ORDERED_VERIFY);
            long total = manifest.summary().counts().bytes();
            Verification.Result result = new Verification(appliance, manifest, new Verification.Reporter() {
                        @Override
                        public void damaged(TreePath path, String what) {
                            order.note("damaged: " + path + ": " + what);
                        }

                        @Override
                        public void progress(long files, long bytes) {
                            order.progress(() -> Progress.towards(
                                    "bytes verified", bytes, total, new Message.Figures(files, bytes, 0, "")));
                        }
                    })
                    .run();
            if (result.damaged() > 0) {
                throw new PhrasedException(Phrase.of("client.files-damaged").with("count", result.damaged()));
            }
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("files", result.files());
            told.put("chunks", result.chunks());
            told.put("bytes", result.bytes());
            if (result.frozen() > 0) {
                order.note("warning: " + result.frozen() + " files are frozen and were not verified. "
                        + appliance.thawAdvice(job.snapshot()));
                told.put("frozen", result.frozen());
                told.put("problems", result.frozen());
            }
            return FlatJson.write(told, false);
        }
    }
}
