package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.credentials.StaticCredentialsProvider;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUpload;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.InitiateMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.Part;
import com.aliyun.sdk.service.oss2.models.UploadPartRequest;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What the SDK does by itself: files as they are, in parts, some at once. The baseline of the upload benchmark. */
public final class PlainSdk implements AutoCloseable {
    private final OSSClient client;
    private final int parallel;
    private final int partBytes;

    public PlainSdk(OssServer server, OssCredentials.Keys keys, int parallel, int partBytes) {
        this.parallel = parallel;
        this.partBytes = partBytes;
        client = OSSClient.newBuilder()
                .region(OssServer.REGION)
                .endpoint(server.endpoint())
                .usePathStyle(true)
                .credentialsProvider(new StaticCredentialsProvider(keys.id(), keys.secret()))
                .build();
    }

    /** Uploads files one after another, parts of each at once; returns the bytes. */
    public long upload(List<Path> files, String prefix) throws Exception {
        long bytes = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(parallel)) {
            for (Path file : files) {
                String key = prefix + "/" + file.getFileName();
                long length = Files.size(file);
                bytes += length;
                String upload = client.initiateMultipartUpload(InitiateMultipartUploadRequest.newBuilder()
                                .bucket(OssServer.BUCKET)
                                .key(key)
                                .build())
                        .initiateMultipartUpload()
                        .uploadId();
                List<Future<Part>> parts = new ArrayList<>();
                for (long from = 0; from < length; from += partBytes) {
                    long start = from;
                    long number = parts.size() + 1;
                    parts.add(threads.submit(
                            () -> part(file, key, upload, number, start, Math.min(partBytes, length - start))));
                }
                List<Part> done = new ArrayList<>();
                for (Future<Part> part : parts) {
                    done.add(part.get());
                }
                client.completeMultipartUpload(CompleteMultipartUploadRequest.newBuilder()
                        .bucket(OssServer.BUCKET)
                        .key(key)
                        .uploadId(upload)
                        .completeMultipartUpload(
                                CompleteMultipartUpload.newBuilder().parts(done).build())
                        .build());
            }
        }
        return bytes;
    }

    private Part part(Path file, String key, String upload, long number, long from, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            channel.position(from);
            InputStream in = Channels.newInputStream(channel);
            String tag = client.uploadPart(UploadPartRequest.newBuilder()
                            .bucket(OssServer.BUCKET)
                            .key(key)
                            .uploadId(upload)
                            .partNumber(number)
                            .body(BinaryData.fromStream(in, length))
                            .build())
                    .eTag();
            return Part.newBuilder().partNumber(number).eTag(tag).build();
        }
    }

    @Override
    public void close() throws Exception {
        client.close();
    }
}
