package dev.holdfast.control.outgoing;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** The beginning of an answer: where more comes than is wanted, the connection is given up. */
final class CappedBody implements HttpResponse.BodySubscriber<byte[]> {
    private final int cap;
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
    private Flow.@Nullable Subscription subscription;

    /** @param cap bytes that are kept */
    CappedBody(int cap) {
        this.cap = cap;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
        for (ByteBuffer each : part) {
            byte[] bytes = new byte[Math.min(each.remaining(), cap - begun.size())];
            each.get(bytes);
            begun.writeBytes(bytes);
        }
        if (subscription != null && begun.size() < cap) {
            subscription.request(1);
        } else {
            body.complete(begun.toByteArray());
            if (subscription != null) {
                subscription.cancel();
            }
        }
    }

    @Override
    public void onError(Throwable failure) {
        body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        body.complete(begun.toByteArray());
    }
}
