package org.conmgr.detector.phi.internal;

/**
 * The upper tail of the standard normal distribution, 1 - F(z), as φ = -log10(1 - F(z)); far out as well, where the tail
 * itself is no longer a double.
 */
final class NormalTail {
    private static final double LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI);
    private static final double LN_10 = Math.log(10);

    /** From here on the continued fraction is the better one of the two. */
    private static final double FAR = 3;

    private static final int TERMS = 60;

    private NormalTail() {}

    /** φ of z. */
    static double phi(double z) {
        if (z >= FAR) {
            return (z * z / 2 + LOG_SQRT_2_PI + Math.log(fraction(z))) / LN_10;
        }
        return -Math.log10(z <= -FAR ? 1 - Math.exp(-z * z / 2 - LOG_SQRT_2_PI) / fraction(-z) : 0.5 - series(z));
    }

    /** The z at which φ is reached. */
    static double z(double phi) {
        double low = -FAR;
        double high = FAR;
        while (phi(high) < phi) {
            low = high;
            high *= 2;
        }
        for (double middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
            if (phi(middle) < phi) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /** z + 1/(z + 2/(z + 3/(z + ...))): the density divided by the tail (Abramowitz and Stegun, 26.2.14). */
    private static double fraction(double z) {
        double value = z;
        for (int term = TERMS; term >= 1; term--) {
            value = z + term / value;
        }
        return value;
    }

    /** F(z) - 1/2 (Abramowitz and Stegun, 26.2.11). */
    private static double series(double z) {
        double term = z;
        double sum = z;
        for (int odd = 3; odd < 2 * TERMS; odd += 2) {
            term *= z * z / odd;
            sum += term;
        }
        return sum * Math.exp(-z * z / 2 - LOG_SQRT_2_PI);
    }
}
