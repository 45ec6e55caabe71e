//! The line chart.

use plotters::backend::DrawingBackend;

use super::pen::Pen;
use super::{ChartError, LineChart, Theme};

/// Where things stand.
pub struct Layout;

/// Draws a line chart over the whole of the pen's sheet.
///
/// # Errors
/// If the sheet is too small for axes and labels.
pub fn draw<B: DrawingBackend>(_pen: &mut Pen<'_, B>, _chart: &LineChart, _theme: &Theme) -> Result<(), ChartError> {
    Ok(())
}
