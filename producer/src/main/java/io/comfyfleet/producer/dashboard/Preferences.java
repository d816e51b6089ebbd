package io.comfyfleet.producer.dashboard;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.LocaleResolver;
import org.springframework.web.util.WebUtils;

/** Language and colours, which a reader chooses once and a cookie keeps. */
@Controller
class Preferences {
  static final String THEME = "fleet-theme";
  private static final Set<String> THEMES = Set.of("auto", "dark", "light");
  private static final Duration KEPT = Duration.ofDays(365);

  private final LocaleResolver locales;

  Preferences(LocaleResolver locales) {
    this.locales = locales;
  }

  @GetMapping("/preferences/language")
  String language(
      @RequestParam String to,
      @RequestParam(defaultValue = "/") String back,
      HttpServletRequest request,
      HttpServletResponse response) {
    locales.setLocale(request, response, to.equals("zh") ? Locale.CHINESE : Locale.ENGLISH);
    return "redirect:" + own(back);
  }

  @GetMapping("/preferences/theme")
  String theme(
      @RequestParam String to,
      @RequestParam(defaultValue = "/") String back,
      HttpServletResponse response) {
    ResponseCookie cookie =
        ResponseCookie.from(THEME, THEMES.contains(to) ? to : "auto")
            .path("/")
            .maxAge(KEPT)
            .sameSite("Lax")
            .httpOnly(true)
            .build();
    response.addHeader(HttpHeaders.SET_COOKIE, cookie.toString());
    return "redirect:" + own(back);
  }

  /** The theme that the reader chose; {@code auto} for the system's. */
  static String theme(HttpServletRequest request) {
    Cookie cookie = WebUtils.getCookie(request, THEME);
    return cookie != null && THEMES.contains(cookie.getValue()) ? cookie.getValue() : "auto";
  }

  /** A page of ours: a link must not lead a reader elsewhere. */
  private static String own(String path) {
    boolean ours =
        path.startsWith("/")
            && path.chars().allMatch(each -> each > ' ' && each < 127 && each != '\\');
    return ours && !path.startsWith("//") ? path : "/";
  }
}
