package org.conmgr.console.internal;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.conmgr.listener.ErrorResponse;
import org.conmgr.netty.LingeringClose;
import org.jspecify.annotations.Nullable;

/**
 * Asks a client who it is, by SASL with SCRAM-SHA-256 (PostgreSQL's documentation, "SASL Authentication"), and then
 * gives the connection on. Whoever fails is answered a second later: guessing takes time.
 */
final class Authentication extends SimpleChannelInboundHandler<FrontendMessage> {
    static final long DELAY_SECONDS = 1;

    /** Of a message without its type: PostgreSQL's PG_MAX_SASL_MESSAGE_LENGTH, and the length. */
    static final int MAX_LENGTH = 1024 + Integer.BYTES;

    private final String user;
    private final ScramExchange exchange;
    private final Duration timeout;
    private final Runnable passed;
    private final Consumer<String> refused;

    private boolean begun;
    private boolean ended;
    private @Nullable Future<?> limit;

    /**
     * Begins when the client answers.
     *
     * @param timeout how long it may take
     * @param passed takes the connection
     * @param refused is told why not
     */
    Authentication(String user, ScramVerifier password, Duration timeout, Runnable passed, Consumer<String> refused) {
        this.user = user;
        this.exchange = new ScramExchange(password);
        this.timeout = timeout;
        this.passed = passed;
        this.refused = refused;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        limit = ctx.executor().schedule(() -> ctx.channel().close(), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (limit != null) {
            limit.cancel(false);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FrontendMessage message) {
        if (ended) {
            return;
        }
        if (message instanceof FrontendMessage.Password password) {
            take(ctx, password);
        } else if (message instanceof FrontendMessage.Terminate) {
            // A client that has no password ends in good order.
            ended = true;
            ctx.close();
        } else {
            String what = message instanceof FrontendMessage.Malformed malformed ? malformed.why() : "another message";
            refuse(ctx, SqlError.PROTOCOL_VIOLATION, "expected SASL response, got " + what, what);
        }
    }

    private void take(ChannelHandlerContext ctx, FrontendMessage.Password password) {
        try {
            // Each byte a character: what is signed are the bytes.
            String text =
                    StandardCharsets.ISO_8859_1.decode(password.bytes().slice()).toString();
            if (!begun) {
                begun = true;
                String challenge = exchange.first(initial(text));
                ctx.writeAndFlush(new Replies(ctx.alloc().buffer())
                        .sasl(Replies.SASL_CONTINUE, challenge)
                        .bytes());
                return;
            }
            Optional<String> proof = exchange.last(text);
            if (proof.isPresent()) {
                ended = true;
                ctx.write(new Replies(ctx.alloc().buffer())
                        .sasl(Replies.SASL_FINAL, proof.get())
                        .bytes());
                passed.run();
            } else {
                refuse(
                        ctx,
                        SqlError.INVALID_PASSWORD,
                        "password authentication failed for user \"" + user + "\"",
                        "no such user, or another password");
            }
        } catch (ScramExchange.Malformed e) {
            refuse(ctx, SqlError.PROTOCOL_VIOLATION, "expected SASL response, got " + e.message(), e.message());
        }
    }

    /** Of SASLInitialResponse: {@code String mechanism | Int32 length | response}. */
    private static String initial(String text) throws ScramExchange.Malformed {
        String head = ScramExchange.MECHANISM + "\0";
        if (!text.startsWith(head) || text.length() < head.length() + Integer.BYTES) {
            throw new ScramExchange.Malformed("another SASL mechanism than " + ScramExchange.MECHANISM);
        }
        return text.substring(head.length() + Integer.BYTES);
    }

    private void refuse(ChannelHandlerContext ctx, String sqlState, String text, String why) {
        ended = true;
        refused.accept(why);
        ctx.executor()
                .schedule(
                        () -> LingeringClose.start(
                                ctx.channel(), new ErrorResponse(sqlState, text, null, null).encode(ctx.alloc())),
                        DELAY_SECONDS,
                        TimeUnit.SECONDS);
    }
}
