package io.comfyfleet.producer.openapi;

import com.github.therapi.runtimejavadoc.Comment;
import com.github.therapi.runtimejavadoc.CommentVisitor;
import com.github.therapi.runtimejavadoc.Link;
import com.github.therapi.runtimejavadoc.Value;
import java.util.Locale;

/** The javadoc of a record's component as a sentence in Markdown, as OpenAPI wants it. */
final class RecordWords implements CommentVisitor {
  private final StringBuilder text = new StringBuilder();

  private RecordWords() {}

  static String sentence(Comment comment) {
    RecordWords words = new RecordWords();
    comment.visit(words);
    String text = words.text.toString().replaceAll("\\s+", " ").strip();
    if (text.isEmpty()) {
      return text;
    }
    return text.substring(0, 1).toUpperCase(Locale.ROOT)
        + text.substring(1)
        + (text.endsWith(".") ? "" : ".");
  }

  @Override
  public void commentText(String value) {
    text.append(value);
  }

  @Override
  public void inlineLink(Link link) {
    text.append(link.getLabel());
  }

  @Override
  public void inlineTag(String name, String value) {
    text.append('`').append(value).append('`');
  }

  @Override
  public void inlineValue(Value value) {
    throw new IllegalStateException("The words of a field cannot hold the value of a constant");
  }
}
