package io.comfyfleet.producer.template;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** Finds templates: the shipped ones on the class path, then the operator's folder over them. */
final class TemplateFolders {
  private static final String SHIPPED = "classpath*:/templates-comfyui/";
  private static final String GRAPH = ".workflow.json";

  private final TemplateSettings settings;

  TemplateFolders(TemplateSettings settings) {
    this.settings = settings;
  }

  /**
   * All templates by name, sorted.
   *
   * @throws BadTemplateException naming the file at fault
   */
  Map<String, Template> read() {
    Map<String, Template> templates = new TreeMap<>(read(SHIPPED, ""));
    Path directory = settings.directory();
    if (directory != null) {
      if (!Files.isDirectory(directory)) {
        throw new BadTemplateException(
            directory.toString(), "is no folder; fleet.template.directory must name one");
      }
      String folder = directory.toAbsolutePath().normalize() + "/";
      templates.putAll(read("file:" + folder, folder));
    }
    return templates;
  }

  private Map<String, Template> read(String location, String shownFolder) {
    Map<String, Resource> files = new TreeMap<>();
    try {
      for (Resource file :
          new PathMatchingResourcePatternResolver().getResources(location + "*.*")) {
        if (file.getFilename() != null) {
          files.put(file.getFilename(), file);
        }
      }
      return read(files, shownFolder);
    } catch (IOException e) {
      throw new BadTemplateException(location, "cannot be read: " + e);
    }
  }

  private Map<String, Template> read(Map<String, Resource> files, String shownFolder)
      throws IOException {
    Map<String, Template> templates = new LinkedHashMap<>();
    for (String file : files.keySet()) {
      String name = file.replaceFirst("\\.(workflow\\.json|template\\.(ya?ml|json))$", "");
      if (name.equals(file) || templates.containsKey(name)) {
        continue;
      }
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
        throw new BadTemplateException(
            shownFolder + file, "must have a name of letters, digits, '.', '_' and '-'");
      }
      String map = mapFile(name, files, shownFolder);
      Resource graph = files.get(name + GRAPH);
      if (graph == null) {
        throw new BadTemplateException(
            shownFolder + map, "has no graph beside it; export one as " + name + GRAPH);
      }
      TemplateFile reader =
          new TemplateFile(
              name, shownFolder + map, shownFolder + name + GRAPH, settings.defaults());
      templates.put(name, reader.read(text(files.get(map)), text(graph)));
    }
    return templates;
  }

  private static String mapFile(String name, Map<String, Resource> files, String shownFolder) {
    String found = null;
    for (String ending : new String[] {".yaml", ".yml", ".json"}) {
      String file = name + ".template" + ending;
      if (files.containsKey(file)) {
        if (found != null) {
          throw new BadTemplateException(
              shownFolder + file, "and " + found + " are two maps for one graph; remove one");
        }
        found = file;
      }
    }
    if (found == null) {
      throw new BadTemplateException(
          shownFolder + name + GRAPH, "has no map beside it; write " + name + ".template.yaml");
    }
    return found;
  }

  private static String text(@Nullable Resource file) throws IOException {
    return file == null ? "" : file.getContentAsString(StandardCharsets.UTF_8);
  }
}
