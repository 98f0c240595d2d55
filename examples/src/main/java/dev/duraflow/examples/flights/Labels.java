package dev.duraflow.examples.flights;

import dev.duraflow.examples.flights.Albers.Point;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds room for short labels beside circles: each takes the one of eight directions in which it covers least of the circles
 * and labels that are there already.
 */
final class Labels {
  private static final double CHARACTER = 8.2;
  private static final double HEIGHT = 12;
  private static final double GAP = 3;

  private final List<Box> taken = new ArrayList<>();

  private record Box(double left, double top, double right, double bottom) {
    static Box around(double x, double y, double width, double height) {
      return new Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2);
    }

    double overlap(Box other) {
      double width = Math.min(right, other.right) - Math.max(left, other.left);
      double height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      return width > 0 && height > 0 ? width * height : 0;
    }
  }

  /** Keeps labels off a circle. */
  void avoid(Point centre, double radius) {
    taken.add(Box.around(centre.x(), centre.y(), 2 * radius, 2 * radius));
  }

  /** The middle of the label's base line. */
  Point place(Point centre, double radius, String label) {
    double width = label.length() * CHARACTER;
    Box best = null;
    double least = Double.POSITIVE_INFINITY;
    for (int[] direction :
        new int[][] {{1, 0}, {-1, 0}, {0, -1}, {0, 1}, {1, -1}, {1, 1}, {-1, -1}, {-1, 1}}) {
      double reach = direction[0] != 0 && direction[1] != 0 ? 0.7 * radius : radius;
      double x = centre.x() + direction[0] * (reach + GAP + width / 2);
      double y = centre.y() + direction[1] * (reach + GAP + HEIGHT / 2);
      Box box = Box.around(x, y, width, HEIGHT);
      double covered = taken.stream().mapToDouble(box::overlap).sum();
      if (covered < least) {
        least = covered;
        best = box;
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("not a place: " + centre);
    }
    taken.add(best);
    return new Point((best.left + best.right) / 2, best.bottom - 2);
  }
}
