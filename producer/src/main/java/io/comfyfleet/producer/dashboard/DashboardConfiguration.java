package io.comfyfleet.producer.dashboard;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.LocaleResolver;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.i18n.CookieLocaleResolver;

/** What the pages need of Spring MVC. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DashboardSettings.class)
class DashboardConfiguration implements WebMvcConfigurer {
  private static final Duration KEPT = Duration.ofDays(365);

  @Override
  public void addInterceptors(InterceptorRegistry registry) {
    registry.addInterceptor(new Shield());
    registry.addInterceptor(new Surroundings());
  }

  @Bean
  ErrorPages errorPages() {
    return new ErrorPages();
  }

  /** The language that the reader chose, or else the browser's. */
  @Bean
  LocaleResolver localeResolver() {
    CookieLocaleResolver resolver = new CookieLocaleResolver("fleet-language");
    resolver.setCookieMaxAge(KEPT);
    resolver.setCookieSameSite("Lax");
    resolver.setCookieHttpOnly(true);
    resolver.setRejectInvalidCookies(false);
    resolver.setDefaultLocaleFunction(DashboardConfiguration::spoken);
    return resolver;
  }

  private static Locale spoken(HttpServletRequest request) {
    boolean chinese =
        request.getHeader("Accept-Language") != null
            && request.getLocale().getLanguage().equals(Locale.CHINESE.getLanguage());
    return chinese ? Locale.CHINESE : Locale.ENGLISH;
  }

  /** Gives every page what its frame needs. */
  private static final class Surroundings implements HandlerInterceptor {
    @Override
    public void postHandle(
        HttpServletRequest request,
        HttpServletResponse response,
        Object handler,
        @Nullable ModelAndView page) {
      if (page != null
          && page.getViewName() != null
          && !page.getViewName().startsWith("redirect:")) {
        String query = request.getQueryString();
        String path = request.getRequestURI();
        page.addObject("here", query == null ? path : path + "?" + query);
        page.addObject("theme", Preferences.theme(request));
      }
    }
  }
}
