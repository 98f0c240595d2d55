/** Programs that show duraflow at work. */
module dev.duraflow.examples {
  requires dev.duraflow;
  requires info.picocli;
  requires jdk.httpserver;
  requires tools.jackson.databind;
  requires tools.jackson.dataformat.csv;

  opens dev.duraflow.examples to
      info.picocli;
  opens dev.duraflow.examples.howto to
      info.picocli,
      tools.jackson.databind;
  opens dev.duraflow.examples.flights to
      tools.jackson.databind;
}
