package org.conmgr.detector.phi.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalTailTest {
    /** Tails from tables of the normal distribution (Abramowitz and Stegun, tables 26.1 and 26.2). */
    @ParameterizedTest
    @CsvSource({
        "-3.5, 0.9997673709",
        "-1, 0.8413447461",
        "0, 0.5",
        "0.5, 0.3085375387",
        "1, 0.1586552539",
        "2, 0.0227501319",
        "2.99, 0.0013948872",
        "3, 0.0013498980",
        "4, 3.167124183e-5",
        "5, 2.866515719e-7",
        "6, 9.865876450e-10",
        "10, 7.619853024e-24"
    })
    void isTheTailOfTheNormalDistribution(double z, double tail) {
        assertThat(Math.pow(10, -NormalTail.phi(z)) / tail).isCloseTo(1, within(1e-7));
    }

    @Test
    void goesOnWhereTheTailItselfIsNoLongerADouble() {
        // Table 26.2: -log10 of the tail at 50 is 544.96634.
        assertThat(NormalTail.phi(50)).isCloseTo(544.96634, within(1e-4));
        double before = -1;
        for (double z = -8; z < 500; z += 0.01) {
            double phi = NormalTail.phi(z);
            assertThat(phi).as("phi of %s", z).isFinite().isGreaterThanOrEqualTo(before);
            before = phi;
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1.2815516", "3, 3.0902323", "8, 5.6120012", "12, 7.0344838", "100, 21.2734536"})
    void isTurnedRound(double phi, double z) {
        assertThat(NormalTail.z(phi)).isCloseTo(z, within(1e-5));
        assertThat(NormalTail.phi(NormalTail.z(phi))).isCloseTo(phi, within(1e-9));
    }
}
