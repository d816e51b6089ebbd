package io.comfyfleet.job;

/** Texts for people. */
public final class Words {
  private Words() {}

  /**
   * The first characters of a text, never half of one: characters beyond the basic plane, such as
   * emoji, take two places.
   *
   * @param most places to keep, at least 1
   */
  public static String first(int most, String text) {
    if (text.length() <= most) {
      return text;
    }
    boolean splits =
        Character.isHighSurrogate(text.charAt(most - 1))
            && Character.isLowSurrogate(text.charAt(most));
    return text.substring(0, splits ? most - 1 : most);
  }
}
