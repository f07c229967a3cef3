package dev.holdfast.e2e;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The real file system, with something done to it at chosen moments: a backup that goes through here makes its calls as
 * always, and whoever changes files meanwhile comes exactly between two of them.
 */
final class Meddler {
    /** What to do to the file system. */
    interface Deed {
        void run() throws Exception;
    }

    private final Map<String, Deed> deeds = new ConcurrentHashMap<>();

    /** Once, before a call such as {@code stat} or {@code openFile} on this name. */
    void before(String call, String name, Deed deed) {
        deeds.put(call + " " + name, deed);
    }

    /** Once, when a file of this name that was opened is closed. */
    void afterReading(String name, Deed deed) {
        deeds.put("close " + name, deed);
    }

    Platform platform() {
        Platform real = Platform.current();
        return (Platform) Proxy.newProxyInstance(
                Meddler.class.getClassLoader(), new Class<?>[] {Platform.class}, (proxy, method, arguments) -> {
                    Object result = call(real, method, arguments);
                    return result instanceof Directory directory ? wrap(directory) : result;
                });
    }

    private Directory wrap(Directory real) {
        return (Directory) Proxy.newProxyInstance(
                Meddler.class.getClassLoader(), new Class<?>[] {Directory.class}, (proxy, method, arguments) -> {
                    String name = arguments != null && arguments[0] instanceof byte[] bytes
                            ? new String(bytes, StandardCharsets.UTF_8)
                            : "";
                    act(method.getName() + " " + name);
                    Object result = call(real, method, arguments);
                    return switch (result) {
                        case Directory directory -> wrap(directory);
                        case Directory.FileHandle file -> wrap(file, name);
                        case null, default -> result;
                    };
                });
    }

    private Directory.FileHandle wrap(Directory.FileHandle real, String name) {
        return (Directory.FileHandle) Proxy.newProxyInstance(
                Meddler.class.getClassLoader(),
                new Class<?>[] {Directory.FileHandle.class},
                (proxy, method, arguments) -> {
                    Object result = call(real, method, arguments);
                    if (method.getName().equals("close")) {
                        act("close " + name);
                    }
                    return result;
                });
    }

    private void act(String moment) throws Exception {
        Deed deed = deeds.remove(moment);
        if (deed != null) {
            deed.run();
        }
    }

    private static Object call(Object real, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(real, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
