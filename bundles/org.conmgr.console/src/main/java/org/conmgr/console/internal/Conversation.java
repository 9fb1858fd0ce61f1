package org.conmgr.console.internal;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.conmgr.console.internal.FrontendMessage.Kind;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;

/** The dialogue of one connection after its start-up. */
final class Conversation extends SimpleChannelInboundHandler<FrontendMessage> {
    /** In one Query. More is no console's use, and each may answer with every application connection. */
    static final int MAX_STATEMENTS_A_QUERY = 32;

    private final Commands commands;
    private final Holdings holdings;
    private final Session session;

    /** After an error in the extended protocol everything is skipped up to the next Sync. */
    private boolean skipping;

    private boolean ended;

    /** Held for the rows of the answer that is being written. */
    private long answering;

    /** What has come while work is done for the message before it; null while none is. */
    private @Nullable Queue<FrontendMessage> held;

    Conversation(Commands commands, Holdings.Pool pool) {
        this.commands = commands;
        holdings = new Holdings(pool);
        session = new Session(holdings);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        session.discard();
        holdings.close();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FrontendMessage message) {
        if (held != null) {
            held.add(message);
        } else {
            take(ctx, message);
        }
    }

    private void take(ChannelHandlerContext ctx, FrontendMessage message) {
        if (ended) {
            return;
        }
        if (message instanceof FrontendMessage.Terminate) {
            ended = true;
            ctx.close();
        } else if (message instanceof FrontendMessage.Malformed malformed) {
            ended = true;
            LingeringClose.start(
                    ctx.channel(),
                    new ErrorResponse(SqlError.PROTOCOL_VIOLATION, "cannot read " + malformed.why(), null, null)
                            .encode(ctx.alloc()));
        } else if (!skipping || message instanceof FrontendMessage.Sync) {
            understand(ctx, message);
        }
    }

    private void understand(ChannelHandlerContext ctx, FrontendMessage message) {
        if (message instanceof FrontendMessage.Query query) {
            Statements statements = statements(query.sql());
            List<Supplier<CompletionStage<?>>> work = new ArrayList<>();
            for (Command command : statements.commands()) {
                if (command.work() != null) {
                    work.add(command.work());
                }
            }
            after(ctx, work, replies -> query(statements, replies), true);
        } else if (message instanceof FrontendMessage.Execute execute) {
            Supplier<CompletionStage<?>> work = session.work(execute.portal());
            after(ctx, work == null ? List.of() : List.of(work), replies -> execute(execute, replies), false);
        } else {
            boolean flush = message instanceof FrontendMessage.Sync || message instanceof FrontendMessage.Flush;
            answer(ctx, replies -> answer(message, replies), flush);
        }
    }

    /** What answers a message. */
    @FunctionalInterface
    private interface Answer {
        void write(Replies replies) throws SqlError;
    }

    /** Answers when the work is done, without waiting for it: what comes meanwhile is held, and no more is read. */
    private void after(
            ChannelHandlerContext ctx, List<Supplier<CompletionStage<?>>> work, Answer answer, boolean flush) {
        if (work.isEmpty()) {
            answer(ctx, answer, flush);
            return;
        }
        held = new ArrayDeque<>();
        ctx.channel().config().setAutoRead(false);
        CompletableFuture<?>[] all =
                work.stream().map(each -> each.get().toCompletableFuture()).toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(all)
                .whenComplete((done, failure) -> ctx.executor().execute(() -> resume(ctx, answer, flush)));
    }

    private void resume(ChannelHandlerContext ctx, Answer answer, boolean flush) {
        Queue<FrontendMessage> queue = held;
        if (queue == null || ctx.isRemoved()) {
            return;
        }
        held = null;
        try {
            answer(ctx, answer, flush);
            while (held == null && !queue.isEmpty()) {
                take(ctx, queue.remove());
            }
        } catch (RuntimeException | Error e) {
            ctx.fireExceptionCaught(e);
            return;
        }
        if (held == null) {
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        } else {
            held.addAll(queue);
        }
    }

    private void answer(ChannelHandlerContext ctx, Answer answer, boolean flush) {
        Replies replies = new Replies(ctx.alloc().buffer());
        answering = 0;
        try {
            answer.write(replies);
        } catch (SqlError e) {
            replies.error(e);
            skipping = true;
        } catch (RuntimeException | Error e) {
            replies.bytes().release();
            holdings.give(answering);
            throw e;
        }
        long unread = answering;
        ChannelFuture written = ctx.write(replies.bytes());
        if (unread > 0) {
            written.addListener(sent -> holdings.give(unread));
        }
        if (flush || skipping || !ctx.channel().isWritable()) {
            ctx.flush();
        }
    }

    private void answer(FrontendMessage message, Replies replies) throws SqlError {
        if (message instanceof FrontendMessage.Parse parse) {
            session.prepare(parse.statement(), parse.sql(), single(parse.sql()));
            replies.parseComplete();
        } else if (message instanceof FrontendMessage.Bind bind) {
            bind(bind);
            replies.bindComplete();
        } else if (message instanceof FrontendMessage.Describe describe) {
            describe(describe, replies);
        } else if (message instanceof FrontendMessage.Close close) {
            close(close);
            replies.closeComplete();
        } else if (message instanceof FrontendMessage.Sync) {
            skipping = false;
            session.sync();
            replies.readyForQuery(session.inTransaction());
        } else if (message instanceof FrontendMessage.Password) {
            throw untaken('p');
        } else if (message instanceof FrontendMessage.Unknown unknown) {
            throw untaken(unknown.type());
        }
    }

    private static SqlError untaken(char type) {
        return new SqlError(
                SqlError.PROTOCOL_VIOLATION,
                "conmgr's console does not take messages of type " + FrontendMessage.shown(type));
    }

    /**
     * The statements of a query.
     *
     * @param commands those up to the first that was not understood
     * @param error what is wrong with that one; null for nothing
     */
    private record Statements(
            List<Command> commands, @Nullable SqlError error) {}

    private Statements statements(String sql) {
        List<Command> understood = new ArrayList<>();
        try {
            List<String> statements = SqlText.statements(sql);
            if (statements.size() > MAX_STATEMENTS_A_QUERY) {
                throw new SqlError(
                        SqlError.PROGRAM_LIMIT_EXCEEDED,
                        statements.size() + " statements in one query (expected: at most " + MAX_STATEMENTS_A_QUERY
                                + ")");
            }
            for (String statement : statements) {
                understood.add(commands.understand(statement));
            }
            return new Statements(understood, null);
        } catch (SqlError e) {
            return new Statements(understood, e);
        }
    }

    private void query(Statements statements, Replies replies) {
        // As PostgreSQL: the unnamed ones do not survive a simple query.
        session.closeStatement("");
        session.closePortal("");
        try {
            for (Command command : statements.commands()) {
                run(command, replies);
            }
            if (statements.error() != null) {
                throw statements.error();
            }
            if (statements.commands().isEmpty()) {
                replies.emptyQueryResponse();
            }
        } catch (SqlError e) {
            replies.error(e);
        }
        session.sync();
        replies.readyForQuery(session.inTransaction());
    }

    private void run(Command command, Replies replies) throws SqlError {
        List<List<@Nullable String>> rows = command.rows().collect();
        hold(rows);
        if (command.returnsRows()) {
            replies.rowDescription(command.columns(), List.of());
            replies.dataRows(rows);
        }
        command.effect().accept(session);
        replies.commandComplete(command.tag(rows.size()));
    }

    /** Before they are written: as bytes they stay until the client has read them. */
    private void hold(List<List<@Nullable String>> rows) throws SqlError {
        long bytes = Holdings.ofAnswer(rows);
        holdings.take(bytes);
        answering += bytes;
    }

    private Command single(String sql) throws SqlError {
        List<String> statements = SqlText.statements(sql);
        if (statements.size() > 1) {
            throw new SqlError(SqlError.SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement");
        }
        return statements.isEmpty() ? Command.EMPTY : commands.understand(statements.get(0));
    }

    private void bind(FrontendMessage.Bind bind) throws SqlError {
        Command command = session.statement(bind.statement());
        List<Integer> formats = bind.formats();
        if (bind.parameters() > 0) {
            throw new SqlError(
                    SqlError.PROTOCOL_VIOLATION,
                    "bind message supplies " + bind.parameters()
                            + " parameters, but the statements of conmgr's console have none");
        }
        if (formats.size() > 1 && formats.size() != command.columns().size()) {
            throw new SqlError(
                    SqlError.PROTOCOL_VIOLATION,
                    "bind message has " + formats.size() + " result formats but query has "
                            + command.columns().size() + " columns");
        }
        for (int format : formats) {
            if (format != 0 && format != 1) {
                throw new SqlError(SqlError.INVALID_PARAMETER_VALUE, "unsupported format code: " + format);
            }
        }
        session.open(bind.portal(), command, formats);
    }

    private void describe(FrontendMessage.Describe describe, Replies replies) throws SqlError {
        Command command;
        List<Integer> formats = List.of();
        if (describe.kind() == Kind.STATEMENT) {
            command = session.statement(describe.name());
            replies.parameterDescription();
        } else {
            Session.Portal portal = session.portal(describe.name());
            command = portal.command;
            formats = portal.formats;
        }
        if (command.returnsRows()) {
            replies.rowDescription(command.columns(), formats);
        } else {
            replies.noData();
        }
    }

    private void execute(FrontendMessage.Execute execute, Replies replies) throws SqlError {
        Session.Portal portal = session.portal(execute.portal());
        Command command = portal.command;
        if (command.isEmpty()) {
            replies.emptyQueryResponse();
            return;
        }
        List<List<@Nullable String>> rows = portal.next(execute.maxRows());
        hold(rows);
        replies.dataRows(rows);
        if (portal.suspended()) {
            replies.portalSuspended();
        } else {
            command.effect().accept(session);
            replies.commandComplete(command.tag(rows.size()));
        }
    }

    private void close(FrontendMessage.Close close) {
        if (close.kind() == Kind.STATEMENT) {
            session.closeStatement(close.name());
        } else {
            session.closePortal(close.name());
        }
    }
}
