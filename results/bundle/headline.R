# Computes the headline of a round again, in base R: Rscript headline.R
# data/analysis.csv has one row per letter that counts: pair, arm (control, treatment, ...), positive (0 or 1), advertiser.
letters <- read.csv("data/analysis.csv", colClasses = c(pair = "character", advertiser = "character"))
published <- read.csv("headline.csv", stringsAsFactors = FALSE)
told <- setNames(published$value, published$name)
of <- function(arm) with(letters[letters$arm == arm, ], setNames(positive, pair))
control <- of("control")
treatment <- of("treatment")

check <- function(name, ours) {
  same <- isTRUE(all.equal(unname(told[[name]]), unname(ours), tolerance = 1e-9))
  cat(sprintf("%-20s published %.6f computed %.6f %s\n", name, told[[name]], ours, if (same) "same" else "DIFFERENT"))
  if (!same) quit(status = 1)
}

if ("c10" %in% published$name) {
  treatment <- treatment[names(control)]
  check("c11", sum(control == 1 & treatment == 1))
  check("c10", sum(control == 1 & treatment == 0))
  check("c01", sum(control == 0 & treatment == 1))
  check("c00", sum(control == 0 & treatment == 0))
  check("net", mean(control - treatment))
  one_sided <- c(sum(control > treatment), sum(control < treatment))
  if (sum(one_sided) > 0) {
    cat(sprintf("McNemar, exact: p = %.6f\n", binom.test(one_sided[1], sum(one_sided))$p.value))
  }
} else {
  check("control_positive", sum(control))
  check("control_n", length(control))
  check("treatment_positive", sum(treatment))
  check("treatment_n", length(treatment))
  check("net", mean(control) - mean(treatment))
}
