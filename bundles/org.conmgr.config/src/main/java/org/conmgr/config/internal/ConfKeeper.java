package org.conmgr.config.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Reload;
import org.conmgr.config.Conf;
import org.conmgr.config.ConfFile;
import org.conmgr.config.OpenFiles;
import org.conmgr.config.Parameter;
import org.conmgr.config.Platform;
import org.conmgr.config.Problem;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Keeps Config Admin at what the {@code conmgr.conf} of the conmgr directory says: at the start, after every edit of
 * that file, and after every edit of a {@code .cfg} that says otherwise. The directory is the framework property {@code
 * conmgr.directory}, else {@code karaf.base}.
 *
 * <p>What is wrong or odd in the file is logged once for each content that it gets, when that is first read. To read the
 * same content again tells the log nothing new, so a {@link #reload} that comes after the watch has read an edit does not
 * repeat it there; its caller is told all of it each time, for it asked. A content that is back after another one is an
 * edit as well, and logged again.
 *
 * <p>All work is done by one thread, which owns all state.
 */
@Component(service = Reload.class, immediate = true)
public final class ConfKeeper implements Reload, ConfigurationListener, AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    /** As in the log. */
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ROOT);

    private final Path file;
    private final Platform platform;
    private final Enforcer enforcer;
    private final Gate gate;
    private final MessageLog log;
    private final OptionalLong maxFiles;
    private final Duration patience;
    private final FileWatch watch;
    private final Overlay overlay = new Overlay();
    private final ScheduledThreadPoolExecutor thread;
    private final AtomicBoolean checking = new AtomicBoolean();
    private final List<ServiceRegistration<?>> registrations;

    /** What is to be in force; it is as soon as it is {@link #stored}. */
    private @Nullable Conf inForce;

    private @Nullable Conf stored;

    /** The content whose problems the log has. */
    private @Nullable Content told;

    private String lastChange = "";
    private boolean writeFailed;
    private boolean signalled;
    private final Queue<Runnable> awaitingSignal = new ArrayDeque<>();

    @Activate
    public ConfKeeper(BundleContext context, @Reference ConfigurationAdmin admin, @Reference MessageLog log) {
        this(
                directory(context).resolve(ConfFile.NAME),
                Platform.current(),
                new Enforcer(admin, log, Platform.current(), deletionReachesFiles(context)),
                context,
                log,
                OpenFiles.limit(),
                Duration.ofSeconds(5));
    }

    /**
     * @param maxFiles how many this process may have open; empty for no limit
     * @param patience how long to wait before Config Admin is tried again, and at most for its events at the start
     */
    ConfKeeper(
            Path file,
            Platform platform,
            Enforcer enforcer,
            BundleContext context,
            MessageLog log,
            OptionalLong maxFiles,
            Duration patience) {
        this.file = file;
        this.platform = platform;
        this.enforcer = enforcer;
        this.log = log;
        this.maxFiles = maxFiles;
        this.patience = patience;
        gate = new Gate(context.getBundle(0).getBundleContext());
        watch = new FileWatch(file);
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread created = new Thread(task, "conmgr-config");
            created.setDaemon(true);
            return created;
        });
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // Registered here and not as a service of the component: the signal of the first load must find it.
        registrations =
                List.of(context.registerService(ConfigurationListener.class, this, null), overlay.register(context));
        submit(this::start);
        thread.scheduleWithFixedDelay(
                supervised(this::look), LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    static Path directory(BundleContext context) {
        String directory = context.getProperty("conmgr.directory");
        String base = directory == null ? context.getProperty("karaf.base") : directory;
        return Path.of(base == null ? "" : base);
    }

    /** As File Install decides it: unless it is told otherwise. */
    private static boolean deletionReachesFiles(BundleContext context) {
        String enabled = context.getProperty("felix.fileinstall.enableConfigSave");
        return enabled == null || Boolean.parseBoolean(enabled);
    }

    private void start() {
        use(watch.take());
    }

    private void look() {
        watch.look().ifPresent(this::use);
    }

    @Override
    public CompletionStage<Outcome> reload() {
        CompletableFuture<Outcome> answer = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    answerWhenDelivered(answer, use(watch.take()));
                } catch (RuntimeException | Error e) {
                    tellFailure(e);
                    answer.complete(Outcome.withErrors(ConfFile.NAME + ": " + e));
                }
            });
        } catch (RejectedExecutionException e) {
            answer.complete(Outcome.withErrors(ConfFile.NAME + ": conmgr is stopping"));
        }
        return answer;
    }

    /** Also what the watch has written just before must have been delivered. */
    private void answerWhenDelivered(CompletableFuture<Outcome> answer, Outcome outcome) {
        if (inForce == null || !outcome.errors().isEmpty()) {
            answer.complete(outcome);
            return;
        }
        answer.completeOnTimeout(outcome, patience.toMillis(), TimeUnit.MILLISECONDS);
        try {
            whenDelivered(file.toString(), () -> answer.complete(outcome));
        } catch (IOException e) {
            // It is in force. Who has heard of it cannot be found out.
            answer.complete(outcome);
        }
    }

    /** Puts a content into force, if it can be used. */
    private Outcome use(Content content) {
        boolean isNew = !content.equals(told);
        told = content;
        if (content instanceof Content.Absent) {
            return withoutFile(isNew);
        }
        ConfFile.Reading reading = content.read(platform).within(maxFiles);
        Conf conf = reading.conf();
        if (isNew) {
            reading.problems().forEach(this::tell);
            if (conf == null) {
                refuse();
            }
        }
        if (conf == null) {
            return new Outcome(
                    texts(reading, Problem::isError), texts(reading, problem -> !problem.isError()), List.of());
        }
        List<String> changes = changes(stored, conf);
        if (changes.isEmpty()) {
            log.log(Message.CONF_UNCHANGED, file);
        }
        inForce = conf;
        overlay.set(conf);
        List<String> errors = enforce();
        List<String> remarks = new ArrayList<>(texts(reading, problem -> true));
        if (changes.isEmpty() && !lastChange.isEmpty()) {
            // After an edit it is mostly the watch that has read it.
            remarks.add(lastChange);
        }
        return new Outcome(errors, remarks, errors.isEmpty() ? changes : List.of());
    }

    private static List<String> texts(ConfFile.Reading reading, Predicate<Problem> which) {
        return reading.problems().stream().filter(which).map(Problem::toString).toList();
    }

    private Outcome withoutFile(boolean isNew) {
        if (inForce != null) {
            if (isNew) {
                log.log(Message.CONF_GONE, file);
            }
            return Outcome.withErrors(ConfFile.NAME + ": no such file");
        }
        return new Outcome(gate.isOpen() ? List.of() : release(), List.of(), List.of());
    }

    /** From now on the {@code .cfg} files are the truth: what an earlier process wrote of its file must go. */
    private List<String> release() {
        try {
            enforcer.release();
            openGate("etc/*.cfg");
            return List.of();
        } catch (IOException e) {
            writeFailed(e, this::start);
            return List.of(notStored(e));
        }
    }

    private static String notStored(Exception reason) {
        return ConfFile.NAME + ": could not be put into force, and is tried again: " + reason;
    }

    private void tell(Problem problem) {
        // The heartbeat says it itself, wherever its times come from.
        if (problem.message() != Message.TIMEOUT_NOT_ABOVE_INTERVAL) {
            log.log(problem.message(), problem.where(), problem.text());
        }
    }

    private void refuse() {
        if (gate.isOpen()) {
            log.log(Message.CONF_NOT_APPLIED, file);
        } else {
            log.log(Message.CANNOT_START, file + " has errors");
        }
    }

    private static List<String> changes(@Nullable Conf earlier, Conf now) {
        if (earlier != null) {
            return now.changesFrom(earlier);
        }
        int instances = now.instances().size();
        return List.of(instances == 1 ? "1 instance" : instances + " instances");
    }

    /** Says why it could not be done, if so; it is tried again then. */
    private List<String> enforce() {
        Conf conf = inForce;
        if (conf == null) {
            return List.of();
        }
        try {
            enforcer.enforce(conf);
            stored(conf);
            writeFailed = false;
            openGate(file.toString());
            return List.of();
        } catch (IllegalStateException e) {
            // A configuration was deleted while it was being written, as File Install does with that of a deleted .cfg.
            thread.schedule(supervised(this::enforce), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
            return List.of(notStored(e));
        } catch (IOException e) {
            writeFailed(e, this::enforce);
            return List.of(notStored(e));
        }
    }

    private void stored(Conf conf) {
        if (!conf.equals(stored)) {
            String changes = String.join(", ", changes(stored, conf));
            log.log(Message.CONF_APPLIED, file, changes);
            if (stored != null) {
                lastChange =
                        "last changed at " + TIME.format(ZonedDateTime.now(ZoneId.systemDefault())) + ": " + changes;
            }
            stored = conf;
        }
    }

    private void writeFailed(IOException reason, Runnable retry) {
        if (!writeFailed) {
            writeFailed = true;
            log.log(LogMessage.of(Message.CONF_NOT_WRITTEN, file, reason).withCause(reason));
        }
        thread.schedule(supervised(retry), patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Opens the gate when everybody has heard of what was written: else components would start with what Config Admin
     * said before, listen at a wrong port, and start again.
     */
    private void openGate(String source) throws IOException {
        if (!signalled && !gate.isOpen()) {
            whenDelivered(source, gate::open);
            signalled = true;
            thread.schedule(supervised(gate::open), patience.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Has something done when everybody has heard of all that was written so far. */
    private void whenDelivered(String source, Runnable task) throws IOException {
        enforcer.signal(source);
        awaitingSignal.add(task);
    }

    private void delivered() {
        Runnable task = awaitingSignal.poll();
        if (task != null) {
            task.run();
        }
    }

    /** Called by Config Admin's thread. */
    @Override
    public void configurationEvent(ConfigurationEvent event) {
        if (event.getPid().equals(Enforcer.SIGNAL_PID)) {
            submit(this::delivered);
        } else if (!Parameter.of(event.getPid(), event.getFactoryPid()).isEmpty()
                && checking.compareAndSet(false, true)) {
            submit(() -> {
                checking.set(false);
                enforce();
            });
        }
    }

    private void submit(Runnable task) {
        try {
            thread.execute(supervised(task));
        } catch (RejectedExecutionException e) {
            // Closed. What comes later is the next instance's.
            checking.set(false);
        }
    }

    private Runnable supervised(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                tellFailure(e);
            }
        };
    }

    private void tellFailure(Throwable failure) {
        log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the watch over " + file, failure)
                .withCause(failure));
    }

    /** Stops watching. What is in force stays in force. */
    @Override
    @Deactivate
    public void close() {
        thread.shutdown();
        try {
            registrations.forEach(ServiceRegistration::unregister);
        } catch (IllegalStateException e) {
            // Unregistered by an earlier call, or with the bundle.
            return;
        }
        try {
            thread.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
