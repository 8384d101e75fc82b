//! What is printed in more than one place: tables, why the app did not start, and what was asked in a wrong way.

use std::fmt;

use stheno::{
    Exit,
    app::StartError,
    shown::{shown, shown_long},
};

/// Characters that a cell of a table has at most.
const WIDEST: usize = 1_000;

/// Says why the app did not start.
pub(crate) fn refusal(error: &StartError) -> Exit {
    eprintln!("{error}");
    Exit::from(error)
}

/// Says what was asked in a wrong way.
pub(crate) fn misused(message: &str) -> Exit {
    eprintln!("{}", shown_long(message));
    Exit::USAGE
}

/// Rows of cells, aligned.
pub(crate) struct Grid {
    /// Columns of numbers, which stand to the right.
    numbers: &'static [usize],
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// A table with a head, and columns of numbers.
    pub(crate) fn new<const N: usize>(head: [&str; N], numbers: &'static [usize]) -> Self {
        Self { numbers, rows: vec![head.map(str::to_owned).to_vec()] }
    }

    /// A table without a head.
    pub(crate) fn headless(numbers: &'static [usize]) -> Self {
        Self { numbers, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into_iter().map(short).collect());
    }

    /// Whether there is more than the head.
    pub(crate) fn has_rows(&self) -> bool {
        self.rows.len() > 1
    }
}

/// A cell that a line can hold, whoever wrote what is in it: an error or a body may be as long as it likes.
fn short(cell: String) -> String {
    shown(&cell).within(WIDEST).to_string()
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if self.numbers.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            writeln!(f, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_is_cut() {
        let mut grid = Grid::new(["error", ""], &[]);
        grid.row(["ö".repeat(100_000), "x".into()]);
        assert_eq!(grid.to_string().lines().last(), Some(&*format!("  {}…  x", "ö".repeat(WIDEST))));
    }

    #[test]
    fn cells_are_aligned_and_lines_end_with_text() {
        let mut grid = Grid::new(["seq", "event", ""], &[0]);
        grid.row(["7".into(), "order.placed".into(), String::new()]);
        grid.row(["1234".into(), "swap".into(), "x".into()]);
        assert_eq!(grid.to_string(), "   seq  event\n     7  order.placed\n  1234  swap          x\n");
    }
}
