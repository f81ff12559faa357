//! Tables for people.

use comfy_table::{CellAlignment, ContentArrangement};

/// A column: its heading and on which side its cells stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// Text.
    Left(&'static str),
    /// Numbers.
    Right(&'static str),
}

/// A table without lines, whose columns are as wide as they have to be.
#[derive(Debug)]
pub(crate) struct Table(comfy_table::Table);

impl Table {
    pub(crate) fn of(columns: &[Column]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(columns.iter().map(|column| match column {
            Column::Left(heading) | Column::Right(heading) => *heading,
        }));
        for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
            shown.set_padding((0, 2));
            shown.set_cell_alignment(match column {
                Column::Left(_) => CellAlignment::Left,
                Column::Right(_) => CellAlignment::Right,
            });
        }
        Self(table)
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.add_row(cells.into_iter().collect::<Vec<_>>());
    }

    /// The lines, without space at their ends.
    pub(crate) fn to_text(&self) -> String {
        self.0.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Table};

    #[test]
    fn text_stands_left_and_numbers_right() {
        let mut table = Table::of(&[Column::Left("name"), Column::Right("count")]);
        table.row(["one".into(), "1".into()]);
        table.row(["twelve".into(), "1200".into()]);
        assert_eq!(table.to_text(), "name    count\none         1\ntwelve   1200\n");
    }
}
