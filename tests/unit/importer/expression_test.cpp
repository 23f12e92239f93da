#include "importer/expression.hpp"

#include <doctest/doctest.h>

using namespace belay::importer;

TEST_CASE("an expression becomes what it says for a branch, a variable of the CI, or something unknown") {
  struct Row {
    const char *text, *becomes;
  };
  const Scope contexts{{"env.DIR", "/srv/x"}, {"matrix.host", "a.example"}};
  for (const Row& row : {
           Row{"${{ secrets.A }}@${{ vars.B }}", "${A}@${B}"},
           Row{"${{ secrets['A'] }}", "${A}"},
           Row{"${{ env.DIR }}/${{ matrix.host }}", "/srv/x/a.example"},
           Row{"${{ secrets.PORT || 22 }}", "22"},
           Row{"${{ secrets.PORT || '2222' }}", "2222"},
           Row{"${{ github.ref == 'refs/heads/main' && 'p' || 's' }}", "p"},
           Row{"${{ github.ref_name != 'main' && 'p' || 's' }}", "s"},
           Row{"${{ startsWith(github.ref, 'refs/heads/m') && 'y' || 'n' }}", "y"},
           Row{"${{ github.sha }}", "${GITHUB_SHA}"},
           Row{"${{ inputs.host }}", "$(inputs.host)"},
           Row{"${{ needs.a.outputs.b }}", "$(needs.a.outputs.b)"},
           Row{"${{ unfinished", "$${{ unfinished"},
           Row{"${{ }}", "$()"},
       })
    CHECK_MESSAGE((as_belay_text(Expressions{"main", contexts, {}}.replaced(row.text)) == row.becomes),
                  row.text);
}

TEST_CASE("a condition holds, does not, or depends on the run") {
  struct Row {
    const char* text;
    std::optional<bool> holds;
  };
  const Scope none;
  for (const Row& row : {
           Row{"", true},
           Row{"github.ref == 'refs/heads/main'", true},
           Row{"${{ github.ref == 'refs/heads/dev' }}", false},
           Row{"failure()", false},
           Row{"always() && github.ref_name == 'dev'", false},
           Row{"github.event_name == 'push'", std::nullopt},
           Row{"github.event_name == 'push' && github.ref_name == 'dev'", false},
           Row{"((((", std::nullopt},
       })
    CHECK_MESSAGE((Expressions{"main", none, {}}.holds(row.text) == row.holds), row.text);
}
