package org.conmgr.config;

/** A {@code conmgr.conf} to start from: every parameter, commented out, at its default. */
public final class ConfSample {
    private static final String HEADER = """
            # conmgr.conf: which instances a conmgr monitors, and how. It belongs into the conmgr directory.
            #
            # One "name = value" on a line. What follows a # is a comment. A value with blanks stands in single quotes,
            # where '' is a quote. The order does not matter; of two settings of one name the later counts.
            #
            # An edit takes effect at once, and connections that it does not concern stay open. A file with an error
            # changes nothing; the log, and cm_ctl reload, tell all its errors.
            #
            # Every parameter stands here with its default. At least one instance is needed.
            """;

    private static final String INSTANCES = """

            # Each instance has a number, 0 or more, behind the names of its parameters. Numbers may be left out.
            # One of backend_host and backend_hostaddr is needed.
            """;

    private ConfSample() {}

    /** The text of the file. */
    public static String text() {
        StringBuilder text = new StringBuilder(HEADER);
        boolean inInstances = false;
        for (Parameter parameter : Parameter.values()) {
            if (parameter.perInstance() && !inInstances) {
                text.append(INSTANCES);
            }
            inInstances = parameter.perInstance();
            text.append("\n# ").append(parameter.sentence()).append("\n# ");
            text.append(parameter.type()).append(": ").append(parameter.range());
            parameter.platform().ifPresent(only -> text.append("; has an effect on ")
                    .append(only)
                    .append(" only"));
            text.append("\n#")
                    .append(parameter.key())
                    .append(inInstances ? "0" : "")
                    .append(" = ");
            text.append(value(parameter)).append('\n');
        }
        return text.toString();
    }

    private static String value(Parameter parameter) {
        String value = parameter.defaultValue().orElse("");
        return parameter.type().equals("string") ? "'" + value + "'" : value;
    }
}
