package org.conmgr.config.internal;

import static org.osgi.service.component.annotations.ReferenceCardinality.OPTIONAL;
import static org.osgi.service.component.annotations.ReferencePolicy.DYNAMIC;
import static org.osgi.service.component.annotations.ReferencePolicyOption.GREEDY;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.Admission;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.config.StopFile;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Stops this process when a {@link StopFile} asks for it, and tells the applications before anything of it ends,
 * whoever stops it.
 */
@Component(
        service = {},
        immediate = true)
public final class StopKeeper implements SynchronousBundleListener, AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    private final BundleContext context;
    private final Path directory;
    private final MessageLog log;
    private final long pid = ProcessHandle.current().pid();
    private final ScheduledThreadPoolExecutor thread;

    // Dynamic: to replace the routing must not forget what was asked for.
    @Reference(cardinality = OPTIONAL, policy = DYNAMIC, policyOption = GREEDY)
    private volatile @Nullable Admission admission;

    @Reference(cardinality = OPTIONAL, policy = DYNAMIC, policyOption = GREEDY)
    private volatile @Nullable RegistryView registry;

    private boolean waiting;
    private boolean stopping;

    @Activate
    public StopKeeper(BundleContext context, @Reference MessageLog log) {
        this(context, ConfKeeper.directory(context), log);
    }

    StopKeeper(BundleContext context, Path directory, MessageLog log) {
        this.context = context;
        this.directory = directory;
        this.log = log;
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread created = new Thread(task, "conmgr-stop");
            created.setDaemon(true);
            return created;
        });
        thread.scheduleWithFixedDelay(this::look, 0, LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        context.addBundleListener(this);
    }

    /** What the framework injects. */
    StopKeeper with(@Nullable Admission toRefuse, @Nullable RegistryView applications) {
        admission = toRefuse;
        registry = applications;
        return this;
    }

    private void look() {
        try {
            Optional<StopFile> file = read();
            if (file.isEmpty()) {
                return;
            }
            if (file.get().pid() != pid) {
                // Left by an earlier process.
                StopFile.delete(directory);
            } else if (file.get().mode() == StopFile.Mode.FAST || lastHasLeft()) {
                stop();
            }
        } catch (IOException | BundleException | RuntimeException | Error e) {
            // An Error as well: while a bundle is being updated its classes are not there.
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the watch over " + directory.resolve(StopFile.NAME), e)
                    .withCause(e));
        }
    }

    private Optional<StopFile> read() throws IOException {
        try {
            return StopFile.read(directory);
        } catch (IOException e) {
            // Or the same would be said again and again.
            StopFile.delete(directory);
            throw e;
        }
    }

    private boolean lastHasLeft() {
        Admission toRefuse = admission;
        RegistryView view = registry;
        if (toRefuse != null) {
            toRefuse.refuse();
        }
        int applications = view == null ? 0 : view.applications().size();
        if (applications > 0 && !waiting) {
            waiting = true;
            log.log(Message.STOP_WAITS, applications);
        }
        return applications == 0;
    }

    private void stop() throws BundleException {
        if (!stopping) {
            stopping = true;
            context.getBundle(0).stop();
        }
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        if (event.getBundle().getBundleId() == 0 && event.getType() == BundleEvent.STOPPING) {
            directory.resolve(StopFile.NAME).toFile().deleteOnExit();
            Admission toEnd = admission;
            if (toEnd != null) {
                toEnd.end();
            }
        }
    }

    @Override
    @Deactivate
    public void close() {
        context.removeBundleListener(this);
        thread.shutdownNow();
    }
}
