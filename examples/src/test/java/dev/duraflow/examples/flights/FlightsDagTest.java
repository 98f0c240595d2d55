package dev.duraflow.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.store.Store;
import java.util.Locale;
import org.junit.jupiter.api.Test;

final class FlightsDagTest {
  private static String page(Duraflow.Builder settings) {
    FlightsDag flights = FlightsDag.declare(new FlightsDag.Settings(0));
    try (Duraflow duraflow = settings.build()) {
      return duraflow.run(flights.dag()).get(flights.page());
    }
  }

  @Test
  void page_isTheSame_howeverItRuns() {
    String expected = page(Duraflow.builder().store(Store.inMemory()));

    assertThat(page(Duraflow.builder().store(Store.inMemory()).maxConcurrency(1)))
        .isEqualTo(expected);
    assertThat(page(Duraflow.builder())).as("without a store").isEqualTo(expected);
  }

  @Test
  void page_isTheSame_whateverTheLocale() {
    String expected = page(Duraflow.builder());
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(page(Duraflow.builder())).isEqualTo(expected);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void run_hasATaskForEachOrigin() {
    FlightsDag flights = FlightsDag.declare(new FlightsDag.Settings(0));
    try (Duraflow duraflow = Duraflow.builder().store(Store.inMemory()).build()) {
      Run first = duraflow.run(flights.dag());
      assertThat(first.total()).isEqualTo(9 + 220);
      assertThat(first.reused()).isZero();
      assertThat(first.find("delay[ORD]", AirportDelays.class).orElseThrow().flights())
          .isEqualTo(1_095);

      Run again = duraflow.run(flights.dag());
      assertThat(again.reused()).isEqualTo(9 + 220);
      assertThat(again.get(flights.ranking())).isEqualTo(first.get(flights.ranking()));
    }
  }
}
