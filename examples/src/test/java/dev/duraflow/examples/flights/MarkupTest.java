package dev.duraflow.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class MarkupTest {
  @Test
  void line_escapesValues() {
    assertThat(
            new Markup().line("<b title=\"{}\">{}</b>", "\"'", "<i>&amp;</i>").toString())
        .isEqualTo("<b title=\"&quot;&#39;\">&lt;i&gt;&amp;amp;&lt;/i&gt;</b>\n");
  }

  @Test
  void line_takesMarkupAsItIs() {
    Markup inner = new Markup().add("<i>{}</i>", "<");

    assertThat(new Markup().add("<b>{}</b>", inner).toString()).isEqualTo("<b><i>&lt;</i></b>");
  }

  @Test
  void line_doesNotReplaceInsideValues() {
    assertThat(new Markup().add("{} {}", "{}", "second").toString()).isEqualTo("{} second");
  }

  @Test
  void line_numbersHaveOneDigitAfterThePoint() {
    assertThat(new Markup().add("{} {} {} {}", 1234.56, -0.01, 7, -3.25).toString())
        .isEqualTo("1234.6 0.0 7 -3.2");
  }

  @Test
  void line_withTheWrongNumberOfValues_isRefused() {
    assertThatThrownBy(() -> new Markup().add("{}", 1, 2))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Markup().add("{} {}", 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fill_escapesValues_andDoesNotReplaceInsideThem() {
    assertThat(Markup.fill("{{a}}-{{b}}-{{a}}", Map.of("a", "<{{b}}$1\\>", "b", Markup.of("<hr/>")))
            .toString())
        .isEqualTo("&lt;{{b}}$1\\&gt;-<hr/>-&lt;{{b}}$1\\&gt;");
  }

  @Test
  void fill_withoutAValue_namesIt() {
    assertThatThrownBy(() -> Markup.fill("{{missing}}", Map.of())).hasMessageContaining("missing");
  }

  @Test
  void numbers_areTheSameEverywhere() {
    assertThat(Markup.grouped(1_234_567)).isEqualTo("1,234,567");
    assertThat(Markup.percent(0.335)).isEqualTo("34 %");
    assertThat(Markup.decimal(2.25)).isEqualTo("2.3");
  }
}
